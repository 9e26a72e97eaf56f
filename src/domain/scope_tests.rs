//! Scopes as paths, and as an order.

use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

#[test]
fn scopes_round_trip_and_nest() {
    let (a, b) = (OrgId::new(), OrgId::new());
    let service = |org, name: &str| Scope::Service(org, name.to_owned());
    for scope in [
        Scope::Provider,
        Scope::Tenants,
        Scope::Tenant(a),
        service(a, "Exchange"),
        Scope::Subscription(a, "sub-1".to_owned()),
    ] {
        assert_eq!(scope.to_string().parse::<Scope>(), Ok(scope.clone()));
        assert!(scope.contains(&scope), "{scope} contains itself");
    }
    assert!(Scope::Tenants.contains(&service(a, "Exchange")));
    assert!(!Scope::Tenants.contains(&Scope::Provider));
    assert!(!Scope::Provider.contains(&Scope::Tenant(a)));
    assert!(Scope::Tenant(a).contains(&service(a, "Exchange")));
    assert!(!Scope::Tenant(a).contains(&service(b, "Exchange")));
    assert!(!Scope::Tenant(a).contains(&Scope::Tenants));
    assert!(service(a, "exchange").contains(&service(a, "Exchange")));
    assert!(!service(a, "Exchange").contains(&service(a, "Teams")));
    assert!(!service(a, "Exchange").contains(&Scope::Tenant(a)));
    assert!(service(a, "Exchange").touches(&Scope::Tenant(a)));
    for bad in ["", "/", "tenants", "/tenants/", "/tenants/x", "/provider/x"] {
        assert_eq!(bad.parse::<Scope>(), Err(()), "{bad}");
    }
}

static TENANTS: LazyLock<[OrgId; 2]> = LazyLock::new(|| [OrgId::new(), OrgId::new()]);

/// Few names and tenants, so that scopes meet; the same name in other cases too.
fn scope() -> impl Strategy<Value = Scope> {
    const NAMES: &[&str] = &["Exchange", "EXCHANGE", "Teams"];
    (0..5, 0..2_usize, proptest::sample::select(NAMES)).prop_map(|(kind, tenant, name)| {
        let tenant = TENANTS[tenant];
        match kind {
            0 => Scope::Provider,
            1 => Scope::Tenants,
            2 => Scope::Tenant(tenant),
            3 => Scope::Service(tenant, name.to_owned()),
            _ => Scope::Subscription(tenant, name.to_owned()),
        }
    })
}

fn same(one: &Scope, other: &Scope) -> bool {
    one.to_string().eq_ignore_ascii_case(&other.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn containment_is_an_order(a in scope(), b in scope(), c in scope()) {
        prop_assert!(a.contains(&a));
        if a.contains(&b) && b.contains(&c) {
            prop_assert!(a.contains(&c), "{a} > {b} > {c}");
        }
        prop_assert_eq!(a.contains(&b) && b.contains(&a), same(&a, &b), "{} and {}", a, b);
    }

    #[test]
    fn containment_is_that_of_paths(a in scope(), b in scope()) {
        let (outer, inner) = (a.to_string().to_lowercase(), b.to_string().to_lowercase());
        let below = inner == outer || inner.starts_with(&format!("{outer}/"));
        prop_assert_eq!(a.contains(&b), below, "{} and {}", a, b);
    }

    #[test]
    fn touching_is_mutual(a in scope(), b in scope()) {
        prop_assert_eq!(a.touches(&b), b.touches(&a));
        prop_assert_eq!(a.touches(&b), a.contains(&b) || b.contains(&a));
    }

    #[test]
    fn a_path_reads_back(a in scope()) {
        prop_assert_eq!(a.to_string().parse::<Scope>(), Ok(a.clone()));
        let json = serde_json::to_string(&a).expect("a scope is text");
        prop_assert_eq!(serde_json::from_str::<Scope>(&json).expect("a scope"), a);
    }
}
