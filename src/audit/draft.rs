//! What a use case says about an act; the store adds log, sequence and the commit's instant.

use crate::clock::When;
use crate::ids::{OrgId, RecordId, RequestId};
use serde::{Deserialize, Serialize};

/// `UserType` of the common schema (the values that we write).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserType {
    /// The customer's people: 2.
    Admin,
    /// The provider's people, and the service account of decisions: 3.
    DataCenterAdmin,
    /// The daemon: 4.
    System,
    /// Robots: 5.
    Application,
}

impl UserType {
    /// The documented number.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Admin => 2,
            Self::DataCenterAdmin => 3,
            Self::System => 4,
            Self::Application => 5,
        }
    }
}

/// The documented order of the common fields; two orders are documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// By name, as a decision's record (facts 3.1).
    Decision,
    /// `CreationTime` first, as an operator's record (facts 3.2).
    Operator,
}

/// One member of `Parameters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether somebody wrote it freely, so that it may hold personal data.
    pub free_text: bool,
}

/// The real actor, beside the documented user.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ActorField {
    /// Principal id; empty for the daemon.
    pub id: String,
    /// Address or name as the log's owner may see it (pseudonym for the provider's people).
    pub name: String,
    /// The provider's own name for its person; never rendered to a customer.
    pub provider_name: Option<String>,
    /// `person`, `robot` or `daemon`.
    pub kind: String,
    /// `token`, `unixPeer`, `code`, `daemon`, `policy`, `decisionHook`, or `reported` where only a gateway vouches for it.
    pub authentication: String,
    /// `tcp`, `unix` or `internal`.
    pub via: String,
    /// The token, where there was one.
    pub token_id: Option<String>,
}

/// The request that a record belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLink {
    /// GUID.
    pub identity: RequestId,
    /// Reference number; empty where the store draws it in the same change.
    pub reference: String,
    /// The provider's ticket.
    pub ticket: String,
    /// SHA-256 of what was asked, hex.
    pub terms_digest: String,
}

/// The documented elevation fields (facts 3.6) on an engineer's action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elevation {
    /// `StartTime`
    pub start_time: When,
    /// `EffectiveOrganization`
    pub effective_organization: String,
    /// `ElevationTime`
    pub elevation_time: When,
    /// `ElevationApprover`
    pub approver: String,
    /// `ElevationApprovedTime`
    pub approved_time: Option<When>,
    /// `ElevationRequestId`
    pub request_id: RequestId,
    /// `ElevationRole`
    pub role: String,
    /// `ElevationDuration`, in seconds
    pub duration_seconds: i64,
    /// `GenericInfo`
    pub generic_info: String,
}

/// One record to be, for one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// `Id`
    pub id: RecordId,
    /// The organization whose log it goes to (`OrganizationId`).
    pub org: OrgId,
    /// `OrganizationName`
    pub organization_name: String,
    /// Order of the common fields.
    pub shape: Shape,
    /// `CreationTime`: when it happened.
    pub creation: When,
    /// `Operation`
    pub operation: String,
    /// `RecordType`
    pub record_type: u16,
    /// `ResultStatus`
    pub succeeded: bool,
    /// `UserId` and `UserKey`
    pub user: String,
    /// Whether the user names a person (and not a service account or the daemon).
    pub user_is_person: bool,
    /// `UserType`
    pub user_type: UserType,
    /// `ExternalAccess`
    pub external_access: bool,
    /// `ClientIP`: `addr:port`, `[addr]:port`, or empty
    pub client_ip: String,
    /// `ObjectId`
    pub object_id: String,
    /// `OriginatingServer`
    pub originating_server: String,
    /// `Workload`
    pub workload: String,
    /// `Parameters`, in their documented order
    pub parameters: Vec<Parameter>,
    /// Free text about the act
    pub detail: String,
    /// The real actor
    pub actor: ActorField,
    /// Who reported an activity, where it was not the actor
    pub reported_by: Option<String>,
    /// The request that it belongs to
    pub request: Option<RequestLink>,
    /// Elevation fields
    pub elevation: Option<Elevation>,
    /// Further instants by name, such as `AccessEnd`
    pub moments: Vec<(String, When)>,
    /// One 256-bit salt per personal field, drawn before the commit; empty until then
    pub salts: Vec<[u8; 32]>,
}

/// The personal value of a field, kept beside the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalValue {
    /// JSON pointer into the canonical record.
    pub pointer: String,
    /// The value.
    pub value: String,
    /// Its salt, hex; absent for values that stand beside only because of their length.
    pub salt: Option<String>,
}
