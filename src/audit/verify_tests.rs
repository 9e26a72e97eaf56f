use super::*;
use crate::audit::draft::Draft;
use crate::audit::samples::{elevated_action, fix_salts, long_values, place};
use crate::audit::seal::{Sealed, seal};
use serde_json::json;

fn sealed(mut draft: Draft) -> Sealed {
    fix_salts(&mut draft, "verify");
    seal(&draft, &place(5)).expect("sealed")
}

fn pointer_of(error: &Error) -> &str {
    assert_eq!(error.code(), "auditRecordDamaged");
    let pointer = error.detail("pointer").and_then(|pointer| pointer.as_str());
    let pointer = pointer.expect("the error names a pointer");
    assert!(error.message().contains(pointer), "{}", error.message());
    pointer
}

#[test]
fn a_changed_byte_breaks_the_leaf() {
    let sealed = sealed(elevated_action());
    for position in 0..sealed.canonical.len() {
        let mut bytes = sealed.canonical.clone();
        bytes[position] ^= 1;
        let error = verify(&bytes, &sealed.beside, &sealed.leaf_hash).expect_err("changed");
        assert_eq!(pointer_of(&error), "");
    }
}

#[test]
fn a_changed_value_or_salt_is_named_by_its_pointer() {
    for draft in [elevated_action(), long_values()] {
        let sealed = sealed(draft);
        for index in 0..sealed.beside.len() {
            let mut changed = sealed.beside.clone();
            changed[index].value.push('x');
            let error = verify(&sealed.canonical, &changed, &sealed.leaf_hash).expect_err("value");
            assert_eq!(pointer_of(&error), sealed.beside[index].pointer);

            if sealed.beside[index].salt.is_none() {
                continue;
            }
            for salt in [Some("00".repeat(32)), Some("00".to_owned()), None] {
                let mut changed = sealed.beside.clone();
                changed[index].salt = salt;
                let error =
                    verify(&sealed.canonical, &changed, &sealed.leaf_hash).expect_err("salt");
                assert_eq!(pointer_of(&error), sealed.beside[index].pointer);
            }
        }
    }
}

#[test]
fn values_cannot_change_places() {
    let sealed = sealed(elevated_action());
    let mut swapped = sealed.beside.clone();
    let first = swapped[0].pointer.clone();
    swapped[0].pointer = std::mem::replace(&mut swapped[1].pointer, first);
    let error = verify(&sealed.canonical, &swapped, &sealed.leaf_hash).expect_err("swapped");
    pointer_of(&error);
}

#[test]
fn values_that_the_record_does_not_commit_to_are_refused() {
    let sealed = sealed(elevated_action());
    for stray in ["/Operation", "/Nowhere"] {
        let mut beside = sealed.beside.clone();
        beside[0].pointer = stray.to_owned();
        let error = verify(&sealed.canonical, &beside, &sealed.leaf_hash).expect_err("stray");
        assert_eq!(pointer_of(&error), stray);
    }
    let mut twice = sealed.beside.clone();
    twice.push(twice[0].clone());
    let error = verify(&sealed.canonical, &twice, &sealed.leaf_hash).expect_err("twice");
    assert_eq!(pointer_of(&error), sealed.beside[0].pointer);
}

#[test]
fn bytes_that_are_not_canonical_are_refused_even_with_their_own_leaf() {
    let sealed = sealed(elevated_action());
    let text = String::from_utf8(sealed.canonical).expect("UTF-8");
    let spaced = text.replacen(',', ", ", 1);
    let doubled = text.replacen('{', r#"{"Actor":1,"#, 1);
    for bytes in [spaced.as_bytes(), doubled.as_bytes(), b"{}", b"\xff"] {
        let error = verify(bytes, &[], &leaf_hash(bytes)).expect_err("not canonical");
        assert_eq!(pointer_of(&error), "");
    }
}

#[test]
fn erased_values_are_listed_and_do_no_harm() {
    let sealed = sealed(elevated_action());
    let (gone, left) = sealed.beside.split_first().expect("personal values");
    let verified = verify(&sealed.canonical, left, &sealed.leaf_hash).expect("holds");
    assert_eq!(json!(verified.missing), json!([gone.pointer]));
    assert_eq!(verified.sequence, 5);
}
