//! Spanish.

use super::{Outcome, Said, Words};
use crate::domain::notice::Event;

pub(super) const WORDS: Words = Words {
    said,
    product: "Producto",
    service_request: "N.º de solicitud de servicio",
    request_id: "Request ID",
    tenant: "Inquilino",
    requestor: "Solicitante",
    reason: "Motivo",
    create_time: "Creada",
    duration: "Duración",
    citizenship: "Nacionalidad",
    expires: "Caduca",
    access_level: "Tipo de acceso",
    resources: "Recursos",
    data_categories: "Categorías de datos",
    approvals: "Aprobaciones",
    decision: "Decisión",
    decided_by: "Decidida por",
    comment: "Comentario",
    access_start: "Acceso desde",
    access_end: "Acceso hasta",
    actions: "Acciones registradas",
    actor: "Hecho por",
    time: "Fecha y hora",
    unknown: "Desconocida",
    hours: "{duration} horas",
    read: "Lectura",
    write: "Lectura y escritura",
    approve: "Aprobada",
    deny: "Denegada",
    cancel: "Cancelada",
    approvals_value: "{given} de {needed}",
    somebody: "Alguien",
    attention: "Se requiere su atención",
    unless_reviewed: "Si nadie la revisa, la solicitud caduca el {expires} y nadie obtiene acceso.",
    unless_answered: "Si nadie responde, la solicitud caduca el {expires} y nadie obtiene acceso. Lo mismo ocurre si se deniega.",
    access_until: "El acceso termina por sí solo el {end}.",
    decide_with: "Decida en PowerShell y escriba por qué:",
    approvers_decide_with: "Quienes pueden decidir lo hacen en PowerShell y escriben por qué:",
    review_with: "Revísela en PowerShell:",
    stop_with: "Para poner fin al acceso de inmediato, en PowerShell:",
    acknowledge_with: "Para confirmar en PowerShell que ha leído esto (no es un consentimiento):",
    see_with: "Para saber más, en PowerShell:",
    link: "La página de la solicitud; abrirla no decide nada:",
    late_subject: "Solicitud de Customer Lockbox {id}: no queda nada por hacer",
    late: "Entretanto: {now}. Este correo llega tarde: lo que sigue era así el {at}.",
    now_reviewed: "la revisión terminó y el cliente decide",
    now_granted: "se concedió el acceso sin aprobación",
    now_approved: "{who} aprobó la solicitud",
    now_denied: "{who} denegó la solicitud y nadie obtiene acceso",
    now_canceled: "{who} canceló la solicitud y nadie tiene acceso",
    now_expired: "la solicitud caducó y nadie obtiene acceso",
    now_withdrawn: "la solicitud se retiró y nadie obtiene acceso",
    now_rejected: "la solicitud se rechazó en la revisión y nadie obtiene acceso",
    now_over: "el acceso ha terminado",
    cut: "aquí se han cortado {count} caracteres más; la solicitud los contiene todos",
    more: "y {count} más",
    checkpoint: "Punto de control del registro de auditoría:",
    foot: "{sender} ha enviado este mensaje automáticamente para {tenant}. Las respuestas no se leen.",
    no_link: "No contiene enlaces y nunca le pide que inicie sesión.",
};

fn said(event: Event, outcome: Outcome) -> Said {
    match event {
        Event::RequestSubmitted => Said::of(
            "La solicitud de Customer Lockbox {id} espera revisión",
            "Un ingeniero de soporte quiere acceder a sus datos. El proveedor revisa primero la solicitud; todavía no tiene que hacer nada.",
            "Su solicitud espera la revisión de un responsable.",
            "Un ingeniero quiere acceder a datos de {tenant}. La solicitud solo llega al cliente después de su revisión.",
        ),
        Event::RequestRejected => Said::of(
            "La solicitud de Customer Lockbox {id} se rechazó en la revisión",
            "El proveedor rechazó esta solicitud en su propia revisión. Nadie obtiene acceso.",
            "{who} rechazó su solicitud en la revisión. No llega al cliente y nadie obtiene acceso.",
            "{who} rechazó esta solicitud en la revisión. No llega al cliente y nadie obtiene acceso.",
        ),
        Event::RequestArrived => Said::of(
            "Una solicitud de Customer Lockbox espera su aprobación",
            "Un ingeniero de soporte necesita su aprobación para acceder a los datos de su organización.",
            "Su solicitud pasó la revisión y espera la decisión del cliente.",
            "La solicitud pasó la revisión y espera la decisión del cliente.",
        )
        .provider("La solicitud de Customer Lockbox {id} espera al cliente"),
        Event::RequestReminder => Said::of(
            "Recordatorio: una solicitud de Customer Lockbox espera su aprobación",
            "Nadie ha decidido todavía sobre esta solicitud.",
            "El cliente todavía no ha decidido sobre su solicitud.",
            "El cliente todavía no ha decidido sobre esta solicitud.",
        )
        .provider("La solicitud de Customer Lockbox {id} sigue esperando al cliente"),
        Event::RequestEscalated => Said::of(
            "Escalada: una solicitud de Customer Lockbox espera su aprobación",
            "Las primeras personas consultadas no decidieron a tiempo, así que ahora pueden decidir más personas. Usted es una de ellas.",
            "El cliente todavía no ha decidido sobre su solicitud. Se ha consultado a más personas.",
            "El cliente todavía no ha decidido sobre esta solicitud. Se ha consultado a más personas.",
        )
        .provider("La solicitud de Customer Lockbox {id} se escaló en el cliente"),
        Event::ApprovalRecorded => Said::of(
            "Solicitud de Customer Lockbox {id}: {given} de {needed} aprobaciones",
            "{who} aprobó esta solicitud. Hacen falta más aprobaciones para que alguien obtenga acceso.",
            "{who} aprobó su solicitud. Hacen falta más aprobaciones para que usted obtenga acceso.",
            "{who} aprobó esta solicitud. Hacen falta más aprobaciones para que alguien obtenga acceso.",
        ),
        Event::DenialRecorded => Said::of(
            "Solicitud de Customer Lockbox {id}: se registró una denegación",
            "{who} denegó esta solicitud. Según las reglas de su organización, hace falta más de una denegación para cerrarla.",
            "{who} denegó su solicitud. Según las reglas del cliente, hace falta más de una denegación para cerrarla.",
            "{who} denegó esta solicitud. Según las reglas del cliente, hace falta más de una denegación para cerrarla.",
        ),
        Event::RequestDecided => decided(outcome),
        Event::RequestExpired => Said::of(
            "La solicitud de Customer Lockbox {id} caducó",
            "Nadie respondió a tiempo. La solicitud caducó y nadie obtiene acceso.",
            "Su solicitud no recibió respuesta a tiempo. Caducó y usted no obtiene acceso.",
            "Esta solicitud no recibió respuesta a tiempo. Caducó y nadie obtiene acceso.",
        ),
        Event::RequestWithdrawn => Said::of(
            "La solicitud de Customer Lockbox {id} se retiró",
            "El proveedor retiró esta solicitud. Nadie obtiene acceso y ya no queda nada que decidir.",
            "Su solicitud se retiró. Usted no obtiene acceso.",
            "Esta solicitud se retiró. Nadie obtiene acceso.",
        ),
        Event::AccessGranted => Said::of(
            "Solicitud de Customer Lockbox {id}: acceso concedido sin aprobación",
            "Su organización no exige aprobación para esta solicitud, así que el acceso se concedió de inmediato.",
            "El cliente no exige aprobación para su solicitud. Ya tiene acceso.",
            "El cliente no exige aprobación para esta solicitud. El acceso se concedió de inmediato.",
        ),
        Event::AccessStarted => Said::of(
            "Solicitud de Customer Lockbox {id}: el acceso ha comenzado",
            "Un ingeniero de soporte tiene ahora acceso a los datos de su organización.",
            "Ya tiene acceso. Todo lo que haga queda registrado para el cliente.",
            "El ingeniero ya tiene acceso.",
        ),
        Event::AccessEnding => Said::of(
            "Solicitud de Customer Lockbox {id}: el acceso termina pronto",
            "El acceso de un ingeniero de soporte a los datos de su organización termina pronto.",
            "Su acceso termina pronto. Si necesita más tiempo, haga una solicitud nueva.",
            "El acceso del ingeniero termina pronto.",
        ),
        Event::AccessEnded => Said::of(
            "Solicitud de Customer Lockbox {id}: el acceso ha terminado",
            "El tiempo concedido se ha agotado. El ingeniero de soporte ya no tiene acceso.",
            "El tiempo concedido se ha agotado. Usted ya no tiene acceso.",
            "El tiempo concedido se ha agotado. El ingeniero ya no tiene acceso.",
        ),
        Event::AccessCompleted => Said::of(
            "Solicitud de Customer Lockbox {id}: el acceso se devolvió antes de tiempo",
            "El ingeniero de soporte terminó antes de tiempo y ya no tiene acceso.",
            "Usted terminó antes de tiempo. Ya no tiene acceso.",
            "El ingeniero terminó antes de tiempo y ya no tiene acceso.",
        ),
        Event::AccessRevoked => Said::of(
            "Solicitud de Customer Lockbox {id}: el proveedor puso fin al acceso",
            "El proveedor puso fin a este acceso. El ingeniero de soporte ya no tiene acceso.",
            "{who} puso fin a su acceso. Usted ya no tiene acceso.",
            "{who} puso fin a este acceso. El ingeniero ya no tiene acceso.",
        ),
        Event::EngineerActed => Said::of(
            "Solicitud de Customer Lockbox {id}: {count} acciones registradas",
            "Un ingeniero de soporte actuó sobre los datos de su organización. Desde el último mensaje se registraron {count} acciones; el registro de auditoría las contiene todas.",
            "Desde el último mensaje se registraron {count} acciones suyas. El cliente ve cada una de ellas.",
            "Desde el último mensaje se registraron {count} acciones del ingeniero. El cliente ve cada una de ellas.",
        ),
        Event::PolicyChanged => Said::all(
            "Customer Lockbox: se cambió la directiva de {tenant}",
            "{who} cambió la directiva.",
        ),
        Event::PolicyWeakened => Said::all(
            "Customer Lockbox: {tenant} está menos protegido que antes",
            "{who} hizo un cambio que protege a su organización menos que antes. Si no lo esperaba, pregunte por él y deshágalo.",
        ),
        Event::PolicyProposed => Said::all(
            "Customer Lockbox: un cambio para {tenant} espera a un segundo administrador",
            "{who} propuso un cambio. Solo surte efecto cuando otro administrador lo confirma.",
        ),
        Event::PolicyProposalWithdrawn => Said::all(
            "Customer Lockbox: se descartó un cambio propuesto para {tenant}",
            "{who} retiró o rechazó un cambio propuesto. No ha cambiado nada.",
        ),
        Event::SettingsChanged => Said::all(
            "Customer Lockbox: se cambió la configuración de {tenant}",
            "{who} cambió la configuración.",
        )
        .affected(
            "Customer Lockbox: {tenant} envía menos a esta dirección",
            "{who} cambió la configuración: a esta dirección se envían menos correos, o ninguno. Si no lo esperaba, pregunte por ello.",
        ),
        Event::RolesChanged => Said::all(
            "Customer Lockbox: se cambiaron personas, roles o tokens de {tenant}",
            "{who} cambió quién puede hacer qué.",
        )
        .affected(
            "Customer Lockbox: se cambiaron sus permisos para {tenant}",
            "{who} cambió lo que usted puede hacer: véalo abajo. Si no lo esperaba, pregunte por ello.",
        ),
        Event::TenantChanged => Said::all(
            "Customer Lockbox: se cambió {tenant}",
            "{who} cambió la propia organización: la suspendió, reanudó, renombró o recuperó.",
        ),
        Event::EmergencyAccess => Said::of(
            "Acceso de emergencia a datos de {tenant}",
            "Dos personas del proveedor declararon una emergencia y accedieron a los datos de su organización sin pedírselo. El acceso termina por sí solo, y usted puede ponerle fin de inmediato. Sigue en la lista hasta que uno de sus aprobadores acuse recibo.",
            "Su acceso de emergencia está en vigor. Se avisó al cliente, y todo lo que haga queda registrado.",
            "El acceso de emergencia está en vigor. Se avisó al cliente, y todo queda registrado.",
        ),
        Event::EmergencyReported => Said::of(
            "Se notificó un acceso a datos de {tenant} fuera de Customer Lockbox",
            "El proveedor notificó que alguien accedió a los datos de su organización sin Customer Lockbox. Sigue en la lista hasta que uno de sus aprobadores acuse recibo.",
            "Se registró su notificación de un acceso sin Customer Lockbox. Se avisó al cliente.",
            "Se registró la notificación de un acceso sin Customer Lockbox. Se avisó al cliente.",
        ),
        Event::EmergencyAcknowledged => Said::of(
            "Se acusó recibo del acceso de emergencia {id}",
            "{who} acusó recibo de este acceso de emergencia. No es un consentimiento; ya no figura como pendiente.",
            "{who} acusó recibo del acceso de emergencia. No es un consentimiento.",
            "{who} acusó recibo del acceso de emergencia. No es un consentimiento.",
        ),
        Event::NotificationUndeliverable => Said::all(
            "Customer Lockbox: no se pudo entregar una notificación",
            "No se pudo entregar una notificación y no se intentará más. Es posible que alguien no sepa lo que debería saber.",
        ),
        Event::WebhookPaused => Said::all(
            "Customer Lockbox: se pausó un webhook",
            "Un webhook falló durante tanto tiempo que ya no se intenta. Repare su receptor y vuelva a activarlo.",
        ),
    }
}

fn decided(outcome: Outcome) -> Said {
    match outcome {
        Outcome::Approved => Said::of(
            "La solicitud de Customer Lockbox {id} se aprobó",
            "{who} aprobó esta solicitud. Su decisión ya no es necesaria.",
            "{who} aprobó su solicitud. Tiene acceso durante el tiempo indicado abajo.",
            "{who} aprobó esta solicitud.",
        ),
        Outcome::Denied => Said::of(
            "La solicitud de Customer Lockbox {id} se denegó",
            "{who} denegó esta solicitud. Nadie obtiene acceso, y su decisión ya no es necesaria.",
            "{who} denegó su solicitud. Usted no obtiene acceso.",
            "{who} denegó esta solicitud. Nadie obtiene acceso.",
        ),
        Outcome::Canceled => Said::of(
            "La solicitud de Customer Lockbox {id} se canceló",
            "{who} canceló esta solicitud. Nadie tiene acceso, y su decisión ya no es necesaria.",
            "{who} canceló su solicitud. Usted ya no tiene acceso.",
            "{who} canceló esta solicitud. Ya nadie tiene acceso.",
        ),
    }
}
