//! French.

use super::{Outcome, Said, Words};
use crate::domain::notice::Event;

pub(super) const WORDS: Words = Words {
    said,
    product: "Produit",
    service_request: "N° de demande de service",
    request_id: "Request ID",
    tenant: "Locataire",
    requestor: "Demandeur",
    reason: "Motif",
    create_time: "Créée le",
    duration: "Durée",
    citizenship: "Nationalité",
    expires: "Expire le",
    access_level: "Type d’accès",
    resources: "Ressources",
    data_categories: "Catégories de données",
    approvals: "Approbations",
    decision: "Décision",
    decided_by: "Décidée par",
    comment: "Commentaire",
    access_start: "Accès à partir du",
    access_end: "Accès jusqu’au",
    actions: "Actions enregistrées",
    actor: "Fait par",
    time: "Date et heure",
    unknown: "Inconnue",
    hours: "{duration} heures",
    read: "Lecture",
    write: "Lecture et écriture",
    approve: "Approuvée",
    deny: "Refusée",
    cancel: "Annulée",
    approvals_value: "{given} sur {needed}",
    somebody: "Quelqu’un",
    attention: "Action requise",
    unless_reviewed: "Si personne ne l’examine, la demande expire le {expires} et personne n’obtient l’accès.",
    unless_answered: "Si personne ne répond, la demande expire le {expires} et personne n’obtient l’accès. Il en va de même si elle est refusée.",
    access_until: "L’accès prend fin de lui-même le {end}.",
    decide_with: "Décidez dans PowerShell, en indiquant pourquoi :",
    approvers_decide_with: "Les personnes habilitées décident dans PowerShell, en indiquant pourquoi :",
    review_with: "Examinez-la dans PowerShell :",
    stop_with: "Pour mettre fin à l’accès immédiatement, dans PowerShell :",
    acknowledge_with: "Pour confirmer dans PowerShell que vous avez lu ceci (ce n’est pas un accord) :",
    see_with: "Pour en savoir plus, dans PowerShell :",
    link: "La page de la demande ; l’ouvrir ne décide de rien :",
    late_subject: "Demande Customer Lockbox {id} : plus rien à faire",
    late: "Entre-temps : {now}. Ce message arrive en retard : ce qui suit valait le {at}.",
    now_reviewed: "l’examen est terminé, et le client décide",
    now_granted: "l’accès a été accordé sans approbation",
    now_approved: "{who} a approuvé la demande",
    now_denied: "{who} a refusé la demande, et personne n’obtient d’accès",
    now_canceled: "{who} a annulé la demande, et personne n’a d’accès",
    now_expired: "la demande a expiré, et personne n’obtient d’accès",
    now_withdrawn: "la demande a été retirée, et personne n’obtient d’accès",
    now_rejected: "la demande a été rejetée lors de l’examen, et personne n’obtient d’accès",
    now_over: "l’accès est terminé",
    cut: "{count} caractères de plus sont coupés ici ; la demande elle-même les contient tous",
    more: "et {count} de plus",
    checkpoint: "Point de contrôle du journal d’audit :",
    foot: "{sender} a envoyé ce message automatiquement, pour {tenant}. Les réponses ne sont pas lues.",
    no_link: "Il ne contient aucun lien et ne vous demande jamais de vous connecter.",
};

fn said(event: Event, outcome: Outcome) -> Said {
    match event {
        Event::RequestSubmitted => Said::of(
            "La demande Customer Lockbox {id} attend d’être examinée",
            "Un ingénieur du support souhaite accéder à vos données. Le fournisseur examine d’abord la demande ; vous n’avez encore rien à faire.",
            "Votre demande attend d’être examinée par un responsable.",
            "Un ingénieur souhaite accéder à des données de {tenant}. La demande ne parvient au client qu’après votre examen.",
        ),
        Event::RequestRejected => Said::of(
            "La demande Customer Lockbox {id} a été rejetée lors de l’examen",
            "Le fournisseur a rejeté cette demande lors de son propre examen. Personne n’obtient l’accès.",
            "{who} a rejeté votre demande lors de l’examen. Elle ne parvient pas au client et personne n’obtient l’accès.",
            "{who} a rejeté cette demande lors de l’examen. Elle ne parvient pas au client et personne n’obtient l’accès.",
        ),
        Event::RequestArrived => Said::of(
            "Une demande Customer Lockbox attend votre approbation",
            "Un ingénieur du support a besoin de votre approbation pour accéder aux données de votre organisation.",
            "Votre demande a été examinée et attend la décision du client.",
            "La demande a été examinée et attend la décision du client.",
        )
        .provider("La demande Customer Lockbox {id} attend le client"),
        Event::RequestReminder => Said::of(
            "Rappel : une demande Customer Lockbox attend votre approbation",
            "Personne n’a encore décidé de cette demande.",
            "Le client n’a pas encore décidé de votre demande.",
            "Le client n’a pas encore décidé de cette demande.",
        )
        .provider("La demande Customer Lockbox {id} attend toujours le client"),
        Event::RequestEscalated => Said::of(
            "Escalade : une demande Customer Lockbox attend votre approbation",
            "Les premières personnes sollicitées n’ont pas décidé à temps. D’autres personnes peuvent donc décider à présent, et vous en faites partie.",
            "Le client n’a pas encore décidé de votre demande. D’autres personnes ont été sollicitées.",
            "Le client n’a pas encore décidé de cette demande. D’autres personnes ont été sollicitées.",
        )
        .provider("La demande Customer Lockbox {id} a été escaladée chez le client"),
        Event::ApprovalRecorded => Said::of(
            "Demande Customer Lockbox {id} : {given} approbation(s) sur {needed}",
            "{who} a approuvé cette demande. D’autres approbations sont nécessaires avant que quiconque obtienne l’accès.",
            "{who} a approuvé votre demande. D’autres approbations sont nécessaires avant que vous obteniez l’accès.",
            "{who} a approuvé cette demande. D’autres approbations sont nécessaires avant que quiconque obtienne l’accès.",
        ),
        Event::DenialRecorded => Said::of(
            "Demande Customer Lockbox {id} : un refus a été enregistré",
            "{who} a refusé cette demande. Selon les règles de votre organisation, il faut plus d’un refus pour la clore.",
            "{who} a refusé votre demande. Selon les règles du client, il faut plus d’un refus pour la clore.",
            "{who} a refusé cette demande. Selon les règles du client, il faut plus d’un refus pour la clore.",
        ),
        Event::RequestDecided => decided(outcome),
        Event::RequestExpired => Said::of(
            "La demande Customer Lockbox {id} a expiré",
            "Personne n’a répondu à temps. La demande a expiré et personne n’obtient l’accès.",
            "Votre demande n’a pas reçu de réponse à temps. Elle a expiré et vous n’obtenez pas l’accès.",
            "Cette demande n’a pas reçu de réponse à temps. Elle a expiré et personne n’obtient l’accès.",
        ),
        Event::RequestWithdrawn => Said::of(
            "La demande Customer Lockbox {id} a été retirée",
            "Le fournisseur a retiré cette demande. Personne n’obtient l’accès et il n’y a plus rien à décider.",
            "Votre demande a été retirée. Vous n’obtenez pas l’accès.",
            "Cette demande a été retirée. Personne n’obtient l’accès.",
        ),
        Event::AccessGranted => Said::of(
            "Demande Customer Lockbox {id} : accès accordé sans approbation",
            "Votre organisation n’exige pas d’approbation pour cette demande ; l’accès a été accordé aussitôt.",
            "Le client n’exige pas d’approbation pour votre demande. Vous avez maintenant l’accès.",
            "Le client n’exige pas d’approbation pour cette demande. L’accès a été accordé aussitôt.",
        ),
        Event::AccessStarted => Said::of(
            "Demande Customer Lockbox {id} : l’accès a commencé",
            "Un ingénieur du support a maintenant accès aux données de votre organisation.",
            "Vous avez maintenant l’accès. Tout ce que vous faites est enregistré pour le client.",
            "L’ingénieur a maintenant l’accès.",
        ),
        Event::AccessEnding => Said::of(
            "Demande Customer Lockbox {id} : l’accès prend bientôt fin",
            "L’accès d’un ingénieur du support aux données de votre organisation prend bientôt fin.",
            "Votre accès prend bientôt fin. S’il vous faut plus de temps, faites une nouvelle demande.",
            "L’accès de l’ingénieur prend bientôt fin.",
        ),
        Event::AccessEnded => Said::of(
            "Demande Customer Lockbox {id} : l’accès est terminé",
            "La durée accordée est écoulée. L’ingénieur du support n’a plus accès.",
            "La durée accordée est écoulée. Vous n’avez plus accès.",
            "La durée accordée est écoulée. L’ingénieur n’a plus accès.",
        ),
        Event::AccessCompleted => Said::of(
            "Demande Customer Lockbox {id} : l’accès a été rendu avant terme",
            "L’ingénieur du support a terminé avant terme et n’a plus accès.",
            "Vous avez terminé avant terme. Vous n’avez plus accès.",
            "L’ingénieur a terminé avant terme et n’a plus accès.",
        ),
        Event::AccessRevoked => Said::of(
            "Demande Customer Lockbox {id} : le fournisseur a mis fin à l’accès",
            "Le fournisseur a mis fin à cet accès. L’ingénieur du support n’a plus accès.",
            "{who} a mis fin à votre accès. Vous n’avez plus accès.",
            "{who} a mis fin à cet accès. L’ingénieur n’a plus accès.",
        ),
        Event::EngineerActed => Said::of(
            "Demande Customer Lockbox {id} : {count} actions enregistrées",
            "Un ingénieur du support a agi sur les données de votre organisation. {count} actions ont été enregistrées depuis le dernier message ; chacune figure dans le journal d’audit.",
            "{count} de vos actions ont été enregistrées depuis le dernier message. Le client voit chacune d’elles.",
            "{count} actions de l’ingénieur ont été enregistrées depuis le dernier message. Le client voit chacune d’elles.",
        ),
        Event::PolicyChanged => Said::all(
            "Customer Lockbox : la stratégie de {tenant} a été modifiée",
            "{who} a modifié la stratégie.",
        ),
        Event::PolicyWeakened => Said::all(
            "Customer Lockbox : {tenant} est moins bien protégé qu’avant",
            "{who} a fait une modification qui protège votre organisation moins bien qu’avant. Si vous ne vous y attendiez pas, renseignez-vous et annulez-la.",
        ),
        Event::PolicyProposed => Said::all(
            "Customer Lockbox : une modification pour {tenant} attend un second administrateur",
            "{who} a proposé une modification. Elle ne prend effet que si un autre administrateur la confirme.",
        ),
        Event::PolicyProposalWithdrawn => Said::all(
            "Customer Lockbox : une modification proposée pour {tenant} a été abandonnée",
            "{who} a retiré ou refusé une modification proposée. Rien n’a changé.",
        ),
        Event::SettingsChanged => Said::all(
            "Customer Lockbox : les paramètres de {tenant} ont été modifiés",
            "{who} a modifié des paramètres.",
        )
        .affected(
            "Customer Lockbox : {tenant} envoie moins à cette adresse",
            "{who} a modifié des paramètres : moins de messages, ou plus aucun, sont envoyés à cette adresse. Si vous ne vous y attendiez pas, renseignez-vous.",
        ),
        Event::RolesChanged => Said::all(
            "Customer Lockbox : des personnes, rôles ou jetons de {tenant} ont été modifiés",
            "{who} a modifié qui peut faire quoi.",
        )
        .affected(
            "Customer Lockbox : vos droits pour {tenant} ont été modifiés",
            "{who} a modifié ce que vous pouvez faire : voir ci-dessous. Si vous ne vous y attendiez pas, renseignez-vous.",
        ),
        Event::TenantChanged => Said::all(
            "Customer Lockbox : {tenant} a été modifié",
            "{who} a modifié l’organisation elle-même : suspendue, rétablie, renommée ou récupérée.",
        ),
        Event::EmergencyAccess => Said::of(
            "Accès d’urgence aux données de {tenant}",
            "Deux personnes du fournisseur ont déclaré une urgence et accédé aux données de votre organisation sans vous le demander. L’accès prend fin de lui-même, et vous pouvez y mettre fin immédiatement. Il reste affiché jusqu’à ce qu’un de vos approbateurs en prenne acte.",
            "Votre accès d’urgence est en vigueur. Le client a été averti, et tout ce que vous faites est enregistré.",
            "L’accès d’urgence est en vigueur. Le client a été averti, et tout est enregistré.",
        ),
        Event::EmergencyReported => Said::of(
            "Un accès aux données de {tenant} hors de Customer Lockbox a été signalé",
            "Le fournisseur a signalé que quelqu’un a accédé aux données de votre organisation sans Customer Lockbox. Le signalement reste affiché jusqu’à ce qu’un de vos approbateurs en prenne acte.",
            "Votre signalement d’un accès sans Customer Lockbox a été enregistré. Le client a été averti.",
            "Le signalement d’un accès sans Customer Lockbox a été enregistré. Le client a été averti.",
        ),
        Event::EmergencyAcknowledged => Said::of(
            "Il a été pris acte de l’accès d’urgence {id}",
            "{who} a pris acte de cet accès d’urgence. Ce n’est pas un accord ; il ne figure plus parmi les accès en attente.",
            "{who} a pris acte de l’accès d’urgence. Ce n’est pas un accord.",
            "{who} a pris acte de l’accès d’urgence. Ce n’est pas un accord.",
        ),
        Event::NotificationUndeliverable => Said::all(
            "Customer Lockbox : une notification n’a pas pu être remise",
            "Une notification n’a pas pu être remise et ne sera plus tentée. Quelqu’un ignore peut-être ce qu’il devrait savoir.",
        ),
        Event::WebhookPaused => Said::all(
            "Customer Lockbox : un webhook a été mis en pause",
            "Un webhook a échoué si longtemps qu’il n’est plus tenté. Réparez son destinataire, puis réactivez-le.",
        ),
    }
}

fn decided(outcome: Outcome) -> Said {
    match outcome {
        Outcome::Approved => Said::of(
            "La demande Customer Lockbox {id} a été approuvée",
            "{who} a approuvé cette demande. Votre décision n’est plus nécessaire.",
            "{who} a approuvé votre demande. Vous avez l’accès pour la durée indiquée ci-dessous.",
            "{who} a approuvé cette demande.",
        ),
        Outcome::Denied => Said::of(
            "La demande Customer Lockbox {id} a été refusée",
            "{who} a refusé cette demande. Personne n’obtient l’accès, et votre décision n’est plus nécessaire.",
            "{who} a refusé votre demande. Vous n’obtenez pas l’accès.",
            "{who} a refusé cette demande. Personne n’obtient l’accès.",
        ),
        Outcome::Canceled => Said::of(
            "La demande Customer Lockbox {id} a été annulée",
            "{who} a annulé cette demande. Personne n’a l’accès, et votre décision n’est plus nécessaire.",
            "{who} a annulé votre demande. Vous n’avez plus accès.",
            "{who} a annulé cette demande. Personne n’a plus accès.",
        ),
    }
}
