//! German.

use super::{Outcome, Said, Words};
use crate::domain::notice::Event;

pub(super) const WORDS: Words = Words {
    said,
    product: "Produkt",
    service_request: "Serviceanfrage Nr.",
    request_id: "Request ID",
    tenant: "Mandant",
    requestor: "Angefordert von",
    reason: "Grund",
    create_time: "Erstellt",
    duration: "Dauer",
    citizenship: "Staatsangehörigkeit",
    expires: "Läuft ab",
    access_level: "Zugriffsart",
    resources: "Ressourcen",
    data_categories: "Datenarten",
    approvals: "Genehmigungen",
    decision: "Entscheidung",
    decided_by: "Entschieden von",
    comment: "Kommentar",
    access_start: "Zugriff ab",
    access_end: "Zugriff bis",
    actions: "Aufgezeichnete Aktionen",
    actor: "Ausgeführt von",
    time: "Zeitpunkt",
    unknown: "Unbekannt",
    hours: "{duration} Stunden",
    read: "Lesen",
    write: "Lesen und Schreiben",
    approve: "Genehmigt",
    deny: "Abgelehnt",
    cancel: "Abgebrochen",
    approvals_value: "{given} von {needed}",
    somebody: "Jemand",
    attention: "Bitte handeln",
    unless_reviewed: "Prüft niemand die Anforderung, läuft sie am {expires} ab, und niemand erhält Zugriff.",
    unless_answered: "Antwortet niemand, läuft die Anforderung am {expires} ab, und niemand erhält Zugriff. Dasselbe gilt, wenn sie abgelehnt wird.",
    access_until: "Der Zugriff endet von selbst am {end}.",
    decide_with: "Entscheiden Sie in PowerShell, und schreiben Sie, warum:",
    approvers_decide_with: "Wer entscheiden darf, tut es in PowerShell und schreibt, warum:",
    review_with: "Prüfen Sie sie in PowerShell:",
    stop_with: "So beenden Sie den Zugriff sofort, in PowerShell:",
    acknowledge_with: "So bestätigen Sie in PowerShell, dass Sie dies gelesen haben (es ist keine Zustimmung):",
    see_with: "Mehr erfahren Sie in PowerShell:",
    link: "Die Seite der Anforderung; sie zu öffnen entscheidet nichts:",
    late_subject: "Customer-Lockbox-Anforderung {id}: nichts mehr zu tun",
    late: "Inzwischen gilt: {now}. Diese Mail kommt spät: Was folgt, galt am {at}.",
    now_reviewed: "Die Prüfung ist abgeschlossen, und der Kunde entscheidet",
    now_granted: "Der Zugriff wurde ohne Genehmigung gewährt",
    now_approved: "{who} hat die Anforderung genehmigt",
    now_denied: "{who} hat die Anforderung abgelehnt, und niemand erhält Zugriff",
    now_canceled: "{who} hat die Anforderung abgebrochen, und niemand hat Zugriff",
    now_expired: "Die Anforderung ist abgelaufen, und niemand erhält Zugriff",
    now_withdrawn: "Die Anforderung wurde zurückgezogen, und niemand erhält Zugriff",
    now_rejected: "Die Anforderung wurde bei der Prüfung zurückgewiesen, und niemand erhält Zugriff",
    now_over: "Der Zugriff ist beendet",
    cut: "{count} weitere Zeichen sind hier abgeschnitten; die Anforderung selbst enthält sie alle",
    more: "und {count} weitere",
    checkpoint: "Prüfpunkt des Überwachungsprotokolls:",
    foot: "{sender} hat diese Mail automatisch für {tenant} gesendet. Antworten werden nicht gelesen.",
    no_link: "Sie enthält keine Links und fordert nie zur Anmeldung auf.",
};

fn said(event: Event, outcome: Outcome) -> Said {
    match event {
        Event::RequestSubmitted => Said::of(
            "Customer-Lockbox-Anforderung {id} wartet auf Prüfung",
            "Ein Supporttechniker möchte auf Ihre Daten zugreifen. Der Anbieter prüft die Anforderung zuerst; Sie müssen noch nichts tun.",
            "Ihre Anforderung wartet auf die Prüfung durch einen Manager.",
            "Ein Techniker möchte auf Daten von {tenant} zugreifen. Die Anforderung erreicht den Kunden erst nach Ihrer Prüfung.",
        ),
        Event::RequestRejected => Said::of(
            "Customer-Lockbox-Anforderung {id} wurde bei der Prüfung zurückgewiesen",
            "Der Anbieter hat diese Anforderung bei der eigenen Prüfung zurückgewiesen. Niemand erhält Zugriff.",
            "{who} hat Ihre Anforderung bei der Prüfung zurückgewiesen. Sie erreicht den Kunden nicht, und niemand erhält Zugriff.",
            "{who} hat diese Anforderung bei der Prüfung zurückgewiesen. Sie erreicht den Kunden nicht, und niemand erhält Zugriff.",
        ),
        Event::RequestArrived => Said::of(
            "Eine Customer-Lockbox-Anforderung wartet auf Ihre Genehmigung",
            "Ein Supporttechniker braucht Ihre Genehmigung, um auf die Daten Ihrer Organisation zuzugreifen.",
            "Ihre Anforderung ist geprüft und wartet auf die Entscheidung des Kunden.",
            "Die Anforderung ist geprüft und wartet auf die Entscheidung des Kunden.",
        )
        .provider("Customer-Lockbox-Anforderung {id} wartet auf den Kunden"),
        Event::RequestReminder => Said::of(
            "Erinnerung: Eine Customer-Lockbox-Anforderung wartet auf Ihre Genehmigung",
            "Über diese Anforderung hat noch niemand entschieden.",
            "Der Kunde hat über Ihre Anforderung noch nicht entschieden.",
            "Der Kunde hat über diese Anforderung noch nicht entschieden.",
        )
        .provider("Customer-Lockbox-Anforderung {id} wartet weiter auf den Kunden"),
        Event::RequestEscalated => Said::of(
            "Eskaliert: Eine Customer-Lockbox-Anforderung wartet auf Ihre Genehmigung",
            "Die zuerst Gefragten haben nicht rechtzeitig entschieden. Deshalb dürfen jetzt mehr Personen entscheiden, auch Sie.",
            "Der Kunde hat über Ihre Anforderung noch nicht entschieden. Weitere Personen wurden gefragt.",
            "Der Kunde hat über diese Anforderung noch nicht entschieden. Weitere Personen wurden gefragt.",
        )
        .provider("Customer-Lockbox-Anforderung {id} wurde beim Kunden eskaliert"),
        Event::ApprovalRecorded => Said::of(
            "Customer-Lockbox-Anforderung {id}: {given} von {needed} Genehmigungen",
            "{who} hat diese Anforderung genehmigt. Bevor jemand Zugriff erhält, braucht sie weitere Genehmigungen.",
            "{who} hat Ihre Anforderung genehmigt. Bevor Sie Zugriff erhalten, braucht sie weitere Genehmigungen.",
            "{who} hat diese Anforderung genehmigt. Bevor jemand Zugriff erhält, braucht sie weitere Genehmigungen.",
        ),
        Event::DenialRecorded => Said::of(
            "Customer-Lockbox-Anforderung {id}: eine Ablehnung wurde aufgezeichnet",
            "{who} hat diese Anforderung abgelehnt. Nach den Regeln Ihrer Organisation schließt erst mehr als eine Ablehnung sie ab.",
            "{who} hat Ihre Anforderung abgelehnt. Nach den Regeln des Kunden schließt erst mehr als eine Ablehnung sie ab.",
            "{who} hat diese Anforderung abgelehnt. Nach den Regeln des Kunden schließt erst mehr als eine Ablehnung sie ab.",
        ),
        Event::RequestDecided => decided(outcome),
        Event::RequestExpired => Said::of(
            "Customer-Lockbox-Anforderung {id} ist abgelaufen",
            "Niemand hat rechtzeitig geantwortet. Die Anforderung ist abgelaufen, und niemand erhält Zugriff.",
            "Ihre Anforderung wurde nicht rechtzeitig beantwortet. Sie ist abgelaufen, und Sie erhalten keinen Zugriff.",
            "Diese Anforderung wurde nicht rechtzeitig beantwortet. Sie ist abgelaufen, und niemand erhält Zugriff.",
        ),
        Event::RequestWithdrawn => Said::of(
            "Customer-Lockbox-Anforderung {id} wurde zurückgezogen",
            "Der Anbieter hat diese Anforderung zurückgezogen. Niemand erhält Zugriff, und es gibt nichts mehr zu entscheiden.",
            "Ihre Anforderung wurde zurückgezogen. Sie erhalten keinen Zugriff.",
            "Diese Anforderung wurde zurückgezogen. Niemand erhält Zugriff.",
        ),
        Event::AccessGranted => Said::of(
            "Customer-Lockbox-Anforderung {id}: Zugriff ohne Genehmigung gewährt",
            "Ihre Organisation verlangt für diese Anforderung keine Genehmigung; der Zugriff wurde sofort gewährt.",
            "Der Kunde verlangt für Ihre Anforderung keine Genehmigung. Sie haben jetzt Zugriff.",
            "Der Kunde verlangt für diese Anforderung keine Genehmigung. Der Zugriff wurde sofort gewährt.",
        ),
        Event::AccessStarted => Said::of(
            "Customer-Lockbox-Anforderung {id}: Der Zugriff hat begonnen",
            "Ein Supporttechniker hat jetzt Zugriff auf die Daten Ihrer Organisation.",
            "Sie haben jetzt Zugriff. Alles, was Sie tun, wird für den Kunden aufgezeichnet.",
            "Der Techniker hat jetzt Zugriff.",
        ),
        Event::AccessEnding => Said::of(
            "Customer-Lockbox-Anforderung {id}: Der Zugriff endet bald",
            "Der Zugriff eines Supporttechnikers auf die Daten Ihrer Organisation endet bald.",
            "Ihr Zugriff endet bald. Brauchen Sie länger, stellen Sie eine neue Anforderung.",
            "Der Zugriff des Technikers endet bald.",
        ),
        Event::AccessEnded => Said::of(
            "Customer-Lockbox-Anforderung {id}: Der Zugriff ist beendet",
            "Die gewährte Zeit ist um. Der Supporttechniker hat keinen Zugriff mehr.",
            "Die gewährte Zeit ist um. Sie haben keinen Zugriff mehr.",
            "Die gewährte Zeit ist um. Der Techniker hat keinen Zugriff mehr.",
        ),
        Event::AccessCompleted => Said::of(
            "Customer-Lockbox-Anforderung {id}: Der Zugriff wurde vorzeitig zurückgegeben",
            "Der Supporttechniker ist vorzeitig fertig geworden und hat keinen Zugriff mehr.",
            "Sie sind vorzeitig fertig geworden. Sie haben keinen Zugriff mehr.",
            "Der Techniker ist vorzeitig fertig geworden und hat keinen Zugriff mehr.",
        ),
        Event::AccessRevoked => Said::of(
            "Customer-Lockbox-Anforderung {id}: Der Anbieter hat den Zugriff beendet",
            "Der Anbieter hat diesen Zugriff beendet. Der Supporttechniker hat keinen Zugriff mehr.",
            "{who} hat Ihren Zugriff beendet. Sie haben keinen Zugriff mehr.",
            "{who} hat diesen Zugriff beendet. Der Techniker hat keinen Zugriff mehr.",
        ),
        Event::EngineerActed => Said::of(
            "Customer-Lockbox-Anforderung {id}: {count} aufgezeichnete Aktionen",
            "Ein Supporttechniker hat an den Daten Ihrer Organisation gearbeitet. Seit der letzten Mail wurden {count} Aktionen aufgezeichnet; jede steht im Überwachungsprotokoll.",
            "Seit der letzten Mail wurden {count} Ihrer Aktionen aufgezeichnet. Der Kunde sieht jede davon.",
            "Seit der letzten Mail wurden {count} Aktionen des Technikers aufgezeichnet. Der Kunde sieht jede davon.",
        ),
        Event::PolicyChanged => Said::all(
            "Customer Lockbox: Die Richtlinie von {tenant} wurde geändert",
            "{who} hat die Richtlinie geändert.",
        ),
        Event::PolicyWeakened => Said::all(
            "Customer Lockbox: {tenant} ist schwächer geschützt als zuvor",
            "{who} hat etwas geändert, das Ihre Organisation schwächer schützt als zuvor. Haben Sie das nicht erwartet, fragen Sie nach und machen Sie es rückgängig.",
        ),
        Event::PolicyProposed => Said::all(
            "Customer Lockbox: Eine Änderung für {tenant} wartet auf einen zweiten Administrator",
            "{who} hat eine Änderung vorgeschlagen. Sie wird erst wirksam, wenn ein anderer Administrator sie bestätigt.",
        ),
        Event::PolicyProposalWithdrawn => Said::all(
            "Customer Lockbox: Eine vorgeschlagene Änderung für {tenant} wurde verworfen",
            "{who} hat eine vorgeschlagene Änderung zurückgenommen oder abgelehnt. Es hat sich nichts geändert.",
        ),
        Event::SettingsChanged => Said::all(
            "Customer Lockbox: Die Einstellungen von {tenant} wurden geändert",
            "{who} hat Einstellungen geändert.",
        )
        .affected(
            "Customer Lockbox: {tenant} sendet weniger an diese Adresse",
            "{who} hat Einstellungen so geändert, dass weniger oder keine Mails mehr an diese Adresse gehen. Haben Sie das nicht erwartet, fragen Sie nach.",
        ),
        Event::RolesChanged => Said::all(
            "Customer Lockbox: Personen, Rollen oder Token von {tenant} wurden geändert",
            "{who} hat geändert, wer was darf.",
        )
        .affected(
            "Customer Lockbox: Ihre Rechte für {tenant} wurden geändert",
            "{who} hat geändert, was Sie dürfen: siehe unten. Haben Sie das nicht erwartet, fragen Sie nach.",
        ),
        Event::TenantChanged => Said::all(
            "Customer Lockbox: {tenant} wurde geändert",
            "{who} hat die Organisation selbst geändert: gesperrt, wieder freigegeben, umbenannt oder wiederhergestellt.",
        ),
        Event::EmergencyAccess => Said::of(
            "Notfallzugriff auf Daten von {tenant}",
            "Zwei Personen des Anbieters haben einen Notfall erklärt und ohne Ihre Genehmigung Zugriff auf die Daten Ihrer Organisation genommen. Der Zugriff endet von selbst, und Sie können ihn sofort beenden. Er bleibt aufgeführt, bis ein Genehmiger Ihrer Organisation ihn zur Kenntnis nimmt.",
            "Ihr Notfallzugriff ist in Kraft. Der Kunde wurde benachrichtigt, und alles, was Sie tun, wird aufgezeichnet.",
            "Der Notfallzugriff ist in Kraft. Der Kunde wurde benachrichtigt, und alles wird aufgezeichnet.",
        ),
        Event::EmergencyReported => Said::of(
            "Zugriff auf Daten von {tenant} außerhalb von Customer Lockbox wurde gemeldet",
            "Der Anbieter hat gemeldet, dass jemand ohne Customer Lockbox auf die Daten Ihrer Organisation zugegriffen hat. Die Meldung bleibt aufgeführt, bis ein Genehmiger Ihrer Organisation sie zur Kenntnis nimmt.",
            "Ihre Meldung über einen Zugriff ohne Customer Lockbox wurde aufgezeichnet. Der Kunde wurde benachrichtigt.",
            "Die Meldung über einen Zugriff ohne Customer Lockbox wurde aufgezeichnet. Der Kunde wurde benachrichtigt.",
        ),
        Event::EmergencyAcknowledged => Said::of(
            "Notfallzugriff {id} wurde zur Kenntnis genommen",
            "{who} hat diesen Notfallzugriff zur Kenntnis genommen. Das ist keine Zustimmung; er gilt nicht mehr als offen.",
            "{who} hat den Notfallzugriff zur Kenntnis genommen. Das ist keine Zustimmung.",
            "{who} hat den Notfallzugriff zur Kenntnis genommen. Das ist keine Zustimmung.",
        ),
        Event::NotificationUndeliverable => Said::all(
            "Customer Lockbox: Eine Benachrichtigung konnte nicht zugestellt werden",
            "Eine Benachrichtigung konnte nicht zugestellt werden und wird nicht weiter versucht. Vielleicht weiß jemand nicht, was er wissen sollte.",
        ),
        Event::WebhookPaused => Said::all(
            "Customer Lockbox: Ein Webhook wurde angehalten",
            "Ein Webhook ist so lange fehlgeschlagen, dass er nicht weiter versucht wird. Beheben Sie den Fehler beim Empfänger, und schalten Sie ihn wieder ein.",
        ),
    }
}

fn decided(outcome: Outcome) -> Said {
    match outcome {
        Outcome::Approved => Said::of(
            "Customer-Lockbox-Anforderung {id} wurde genehmigt",
            "{who} hat diese Anforderung genehmigt. Ihre Entscheidung ist nicht mehr nötig.",
            "{who} hat Ihre Anforderung genehmigt. Sie haben für die unten genannte Zeit Zugriff.",
            "{who} hat diese Anforderung genehmigt.",
        ),
        Outcome::Denied => Said::of(
            "Customer-Lockbox-Anforderung {id} wurde abgelehnt",
            "{who} hat diese Anforderung abgelehnt. Niemand erhält Zugriff, und Ihre Entscheidung ist nicht mehr nötig.",
            "{who} hat Ihre Anforderung abgelehnt. Sie erhalten keinen Zugriff.",
            "{who} hat diese Anforderung abgelehnt. Niemand erhält Zugriff.",
        ),
        Outcome::Canceled => Said::of(
            "Customer-Lockbox-Anforderung {id} wurde abgebrochen",
            "{who} hat diese Anforderung abgebrochen. Niemand hat Zugriff, und Ihre Entscheidung ist nicht mehr nötig.",
            "{who} hat Ihre Anforderung abgebrochen. Sie haben keinen Zugriff mehr.",
            "{who} hat diese Anforderung abgebrochen. Niemand hat mehr Zugriff.",
        ),
    }
}
