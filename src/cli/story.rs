//! The story that `lockboxd demo` tells, over the daemon's own interface.

use crate::cli::client::Client;
use crate::cli::{Failure, print};
use crate::clock::Timestamp;
use crate::config::MAIL_DIR_NAME;
use serde_json::{Value, json};
use std::path::Path;

const TENANT: &str = "contoso.onmicrosoft.com";

/// A story in the making.
pub(super) struct Story<'a> {
    provider: Client,
    url: &'a str,
    dir: &'a Path,
    step: usize,
}

/// The people of the story, by their tokens.
struct People {
    administrator: (Client, String),
    engineer: (Client, String),
    manager: (Client, String),
    approver: Client,
}

impl<'a> Story<'a> {
    pub(super) const fn new(provider: Client, url: &'a str, dir: &'a Path) -> Self {
        Self {
            provider,
            url,
            dir,
            step: 0,
        }
    }

    /// Tells it, and prints the lines to go on with.
    pub(super) async fn tell(mut self) -> Result<(), Failure> {
        print(
            "Customer Lockbox: the story of one access, on a throw-away database whose clock we move.\n",
        )?;
        let people = self.cast().await?;
        self.first_access(&people).await?;
        let pending = self.leave_one_pending(&people).await?;
        self.log(&people).await?;
        self.lines(&people, &pending)
    }

    fn say(&mut self, at: &str, text: &str) -> Result<(), Failure> {
        self.step += 1;
        let time = at.get(11..16).unwrap_or(at);
        print(&format!("{:2}. {time} UTC  {text}", self.step))
    }

    async fn now(&self) -> Result<String, Failure> {
        let info = self.provider.call("system.info", json!({})).await?;
        Ok(text(&info, "/time"))
    }

    async fn enrolled(&self, method: &str, code: &str) -> Result<(Client, String), Failure> {
        let result = self.provider.call(method, json!({"code": code})).await?;
        let token = text(&result, "/token");
        Ok((self.provider.with_token(&token), token))
    }

    async fn person(
        &self,
        by: &Client,
        address: &str,
        name: &str,
        role: &str,
    ) -> Result<(Client, String), Failure> {
        let created = by
            .call(
                "principal.create",
                json!({
                    "kind": "person", "address": address, "displayName": name,
                    "roles": [{"role": role}],
                }),
            )
            .await?;
        self.enrolled("principal.enroll", &text(&created, "/enrolmentCode"))
            .await
    }

    async fn cast(&mut self) -> Result<People, Failure> {
        let created = self
            .provider
            .call(
                "tenant.create",
                json!({
                    "name": TENANT, "displayName": "Contoso",
                    "adminAddress": "admin@contoso.com", "adminDisplayName": "Ada Admin",
                }),
            )
            .await?;
        let administrator = self
            .enrolled("tenant.claim", &text(&created, "/claimCode"))
            .await?;
        let now = self.now().await?;
        self.say(&now, "The provider fabrikam.example creates the tenant Contoso; its administrator claims it.")?;
        let engineer = self
            .person(
                &self.provider,
                "eve@fabrikam.example",
                "Eve Engineer",
                "SupportEngineer",
            )
            .await?;
        let manager = self
            .person(
                &self.provider,
                "max@fabrikam.example",
                "Max Manager",
                "SupportManager",
            )
            .await?;
        let (approver, _) = self
            .person(
                &administrator.0,
                "anna@contoso.com",
                "Anna Approver",
                "CustomerLockboxAccessApprover",
            )
            .await?;
        Ok(People {
            administrator,
            engineer,
            manager,
            approver,
        })
    }

    async fn submit(&self, people: &People, params: Value) -> Result<Value, Failure> {
        let submitted = people.engineer.0.call("request.submit", params).await?;
        let id = text(&submitted, "/request/requestId");
        people
            .manager
            .0
            .call(
                "request.review",
                json!({"requestId": id, "tenant": TENANT, "decision": "Approve", "comment": "Ticket checked."}),
            )
            .await?;
        Ok(submitted)
    }

    async fn first_access(&mut self, people: &People) -> Result<(), Failure> {
        let submitted = self
            .submit(
                people,
                json!({
                    "tenant": TENANT, "serviceName": "Exchange",
                    "serviceRequestNumber": "CLB#20261121-1",
                    "reason": "Mail of Rick Hofer is not delivered",
                    "durationSeconds": 7_200,
                    "resources": ["mailbox:rick.hofer@contoso.com"],
                    "dataCategories": ["mail"], "accessLevel": "read",
                }),
            )
            .await?;
        let id = text(&submitted, "/request/requestId");
        let asked = text(&submitted, "/request/createdDate");
        self.say(
            &asked,
            &format!("Eve, a support engineer, asks for two hours of reading access ({id})."),
        )?;
        self.say(
            &asked,
            "Max, her manager, reviews it; Contoso now has 12 hours to answer.",
        )?;
        self.advance(600).await?;
        let decided = people
            .approver
            .call(
                "request.decide",
                json!({
                    "requestId": id, "decision": "Approve",
                    "comment": "Troubleshoot issues in Rick Hofer mailbox",
                }),
            )
            .await?;
        let end = text(&decided, "/request/accessEnd");
        self.say(
            &text(&decided, "/request/decidedDate"),
            &format!("Anna of Contoso approves. Access ends by itself at {end}."),
        )?;
        self.advance(300).await?;
        let check = json!({"tenant": TENANT, "requestId": id});
        let live = people.engineer.0.call("grant.check", check.clone()).await?;
        people
            .engineer
            .0
            .call(
                "activity.record",
                json!({
                    "tenant": TENANT, "requestId": id, "operation": "New-MailboxSearch",
                    "parameters": [{"name": "Identity", "value": "rick.hofer@contoso.com"}],
                }),
            )
            .await?;
        self.say(
            &text(&live, "/checkedAt"),
            &format!(
                "Is access granted? {}. Eve runs New-MailboxSearch, and it is recorded.",
                yes(&live)
            ),
        )?;
        self.advance(7_200).await?;
        let over = people.engineer.0.call("grant.check", check).await?;
        self.say(
            &text(&over, "/checkedAt"),
            &format!(
                "Is access granted? {}: {}",
                yes(&over),
                text(&over, "/message")
            ),
        )?;
        let late = people
            .engineer
            .0
            .call(
                "activity.record",
                json!({"tenant": TENANT, "requestId": id, "operation": "New-MailboxSearch"}),
            )
            .await?;
        self.say(
            &text(&late, "/recordedAt"),
            "Eve tries once more. It is recorded as a LockboxViolation in Contoso's log.",
        )
    }

    async fn advance(&self, seconds: i64) -> Result<(), Failure> {
        self.provider
            .call("clock.advance", json!({"seconds": seconds}))
            .await?;
        Ok(())
    }

    async fn leave_one_pending(&mut self, people: &People) -> Result<Value, Failure> {
        // To the present: the wall clock is what the story's clock was set back from.
        let started = self.now().await?;
        let behind = Timestamp::parse(&started)
            .map(crate::clock::behind_wall_clock)
            .unwrap_or(0);
        self.advance(behind.max(0).div_euclid(1_000)).await?;
        let submitted = self
            .submit(
                people,
                json!({
                    "tenant": TENANT, "serviceName": "Exchange",
                    "serviceRequestNumber": "CLB#20261121-2",
                    "reason": "Calendar of the board room shows wrong times",
                    "durationSeconds": 14_400,
                    "resources": ["mailbox:boardroom@contoso.com"],
                    "dataCategories": ["calendar"], "accessLevel": "write",
                }),
            )
            .await?;
        let now = self.now().await?;
        let id = text(&submitted, "/request/requestId");
        self.say(
            &now,
            &format!("Eve asks again ({id}), Max reviews. This one waits for you."),
        )?;
        Ok(submitted)
    }

    async fn log(&self, people: &People) -> Result<(), Failure> {
        print("\nContoso's audit log, newest first:\n")?;
        let found = people
            .administrator
            .0
            .call("audit.search", json!({"resultSize": 12}))
            .await?;
        for record in found
            .get("records")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            print(&format!(
                "  {}  {:44}  {}",
                text(record, "/date"),
                text(record, "/user"),
                text(record, "/activity")
            ))?;
        }
        Ok(())
    }

    fn lines(&self, people: &People, pending: &Value) -> Result<(), Failure> {
        let id = text(pending, "/request/requestId");
        let token = &people.administrator.1;
        let url = self.url;
        let day = |at: &str| at.get(..10).unwrap_or_default().to_owned();
        let asked = text(pending, "/request/createdDate");
        let now = Timestamp::parse(&asked).unwrap_or(Timestamp::from_millis(0));
        let from = day(&now.plus_seconds(-86_400).to_string());
        let to = day(&now.plus_seconds(86_400).to_string());
        let module = module_path().replace('\'', "''");
        print(&format!(
            "\nApprove it from PowerShell:\n\n\
             $ErrorActionPreference = 'Stop'\n\
             $env:LOCKBOX_URL = '{url}'\n\
             $env:LOCKBOX_TOKEN = '{token}'\n\
             Import-Module '{module}'\n\
             Get-AccessToCustomerDataRequest -ApprovalStatus Pending\n\
             Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId {id} -Comment 'Board room calendar'\n\
             Search-UnifiedAuditLog -StartDate {from} -EndDate {to} -Operations Set-AccessToCustomerDataRequest\n\
             Search-UnifiedAuditLog -StartDate {from} -EndDate {to} -UserIds 'Microsoft Operator'\n\n\
             Or deny it with curl instead:\n\n\
             curl -s {url}/rpc -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}' -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"request.list\",\"params\":{{\"approvalStatus\":\"Pending\"}}}}'\n\
             curl -s {url}/rpc -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}' -d '{{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"request.decide\",\"params\":{{\"requestId\":\"{id}\",\"decision\":\"Deny\",\"comment\":\"Not today\"}}}}'\n\
             curl -s {url}/rpc -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}' -d '{{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"audit.search\",\"params\":{{\"resultSize\":5}}}}'\n\n\
             The token above is Ada's, a GlobalAdministrator of Contoso. The provider's people:\n\
             Eve, SupportEngineer:  {}\n\
             Max, SupportManager:   {}\n\
             Data directory: {}\n\
             Everybody was told by mail; without a mail server the mails lie here as files: {}",
            people.engineer.1,
            people.manager.1,
            self.dir.display(),
            self.dir.join(MAIL_DIR_NAME).display(),
        ))
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn yes(check: &Value) -> &'static str {
    if check.get("allowed") == Some(&Value::Bool(true)) {
        "Yes"
    } else {
        "No"
    }
}

/// The module beside the sources where they are at hand, its name otherwise.
fn module_path() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    [here.as_path(), Path::new(env!("CARGO_MANIFEST_DIR"))]
        .into_iter()
        .map(|root| root.join("powershell").join("CustomerLockbox"))
        .find(|path| path.exists())
        .map_or_else(
            || "CustomerLockbox".to_owned(),
            |path| path.display().to_string(),
        )
}
