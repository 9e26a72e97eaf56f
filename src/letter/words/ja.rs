//! Japanese.

use super::{Outcome, Said, Words};
use crate::domain::notice::Event;

pub(super) const WORDS: Words = Words {
    said,
    product: "製品",
    service_request: "サービス要求番号",
    request_id: "Request ID",
    tenant: "テナント",
    requestor: "要求者",
    reason: "理由",
    create_time: "作成日時",
    duration: "期間",
    citizenship: "国籍",
    expires: "有効期限",
    access_level: "アクセスの種類",
    resources: "対象リソース",
    data_categories: "データの種類",
    approvals: "承認数",
    decision: "決定",
    decided_by: "決定者",
    comment: "コメント",
    access_start: "アクセス開始",
    access_end: "アクセス終了",
    actions: "記録された操作",
    actor: "実行者",
    time: "日時",
    unknown: "不明",
    hours: "{duration} 時間",
    read: "読み取り",
    write: "読み取りと書き込み",
    approve: "承認",
    deny: "拒否",
    cancel: "取り消し",
    approvals_value: "{needed} 件中 {given} 件",
    somebody: "担当者",
    attention: "対応が必要です",
    unless_reviewed: "審査されない場合、この要求は {expires} に期限切れとなり、アクセスは許可されません。",
    unless_answered: "回答がない場合、この要求は {expires} に期限切れとなり、アクセスは許可されません。拒否した場合も同様です。",
    access_until: "アクセスは {end} に自動的に終了します。",
    decide_with: "PowerShell で決定し、理由を記入してください:",
    approvers_decide_with: "決定権のある方は、PowerShell で決定し、理由を記入してください:",
    review_with: "PowerShell で審査してください:",
    stop_with: "アクセスを直ちに停止するには、PowerShell で次を実行します:",
    acknowledge_with: "確認したことを記録するには、PowerShell で次を実行します (同意にはなりません):",
    see_with: "詳細は PowerShell で確認できます:",
    link: "要求のページ (開いても何も決定されません):",
    late_subject: "Customer Lockbox の要求 {id}: 必要な操作はもうありません",
    late: "その後の状況: {now}。このメールは遅れて届いています。以下は {at} の時点の内容です。",
    now_reviewed: "審査は完了し、お客様の判断を待っています",
    now_granted: "承認なしでアクセスが許可されました",
    now_approved: "{who} が要求を承認しました",
    now_denied: "{who} が要求を拒否しました。アクセスは許可されません",
    now_canceled: "{who} が要求を取り消しました。アクセスできる人はいません",
    now_expired: "要求は期限切れになりました。アクセスは許可されません",
    now_withdrawn: "要求は取り下げられました。アクセスは許可されません",
    now_rejected: "要求は審査で却下されました。アクセスは許可されません",
    now_over: "アクセスは終了しました",
    cut: "以降 {count} 文字を省略しました。全文は要求でご確認ください",
    more: "ほか {count} 件",
    checkpoint: "監査ログのチェックポイント:",
    foot: "このメールは {tenant} 宛てに {sender} が自動送信しました。返信は読まれません。",
    no_link: "このメールにリンクはなく、サインインを求めることもありません。",
};

fn said(event: Event, outcome: Outcome) -> Said {
    match event {
        Event::RequestSubmitted => Said::of(
            "Customer Lockbox の要求 {id} が審査を待っています",
            "サポート エンジニアがお客様のデータへのアクセスを求めています。まず提供元が審査するため、現時点で対応は不要です。",
            "あなたの要求は、管理者の審査を待っています。",
            "エンジニアが {tenant} のデータへのアクセスを求めています。要求は、あなたの審査が済むまでお客様に届きません。",
        ),
        Event::RequestRejected => Said::of(
            "Customer Lockbox の要求 {id} は審査で却下されました",
            "提供元が社内の審査でこの要求を却下しました。アクセスは許可されません。",
            "{who} が審査であなたの要求を却下しました。要求はお客様に届かず、アクセスは許可されません。",
            "{who} が審査でこの要求を却下しました。要求はお客様に届かず、アクセスは許可されません。",
        ),
        Event::RequestArrived => Said::of(
            "Customer Lockbox の要求があなたの承認を待っています",
            "サポート エンジニアが組織のデータにアクセスするには、あなたの承認が必要です。",
            "あなたの要求は審査を通過し、お客様の決定を待っています。",
            "要求は審査を通過し、お客様の決定を待っています。",
        )
        .provider("Customer Lockbox の要求 {id} がお客様の決定を待っています"),
        Event::RequestReminder => Said::of(
            "再通知: Customer Lockbox の要求があなたの承認を待っています",
            "この要求はまだ決定されていません。",
            "お客様はあなたの要求をまだ決定していません。",
            "お客様はこの要求をまだ決定していません。",
        )
        .provider("Customer Lockbox の要求 {id} は引き続きお客様の決定を待っています"),
        Event::RequestEscalated => Said::of(
            "エスカレーション: Customer Lockbox の要求があなたの承認を待っています",
            "最初に依頼された担当者が時間内に決定しなかったため、決定できる人が追加されました。あなたもその一人です。",
            "お客様はあなたの要求をまだ決定していません。ほかの担当者にも依頼されました。",
            "お客様はこの要求をまだ決定していません。ほかの担当者にも依頼されました。",
        )
        .provider("Customer Lockbox の要求 {id} がお客様側でエスカレーションされました"),
        Event::ApprovalRecorded => Said::of(
            "Customer Lockbox の要求 {id}: 承認 {given}/{needed} 件",
            "{who} がこの要求を承認しました。アクセスの許可には、さらに承認が必要です。",
            "{who} があなたの要求を承認しました。アクセスの許可には、さらに承認が必要です。",
            "{who} がこの要求を承認しました。アクセスの許可には、さらに承認が必要です。",
        ),
        Event::DenialRecorded => Said::of(
            "Customer Lockbox の要求 {id}: 拒否が記録されました",
            "{who} がこの要求を拒否しました。組織の規則により、要求を終了するには複数の拒否が必要です。",
            "{who} があなたの要求を拒否しました。お客様の規則により、要求を終了するには複数の拒否が必要です。",
            "{who} がこの要求を拒否しました。お客様の規則により、要求を終了するには複数の拒否が必要です。",
        ),
        Event::RequestDecided => decided(outcome),
        Event::RequestExpired => Said::of(
            "Customer Lockbox の要求 {id} は期限切れになりました",
            "時間内に回答がなかったため、この要求は期限切れになりました。アクセスは許可されません。",
            "時間内に回答がなかったため、あなたの要求は期限切れになりました。アクセスは許可されません。",
            "時間内に回答がなかったため、この要求は期限切れになりました。アクセスは許可されません。",
        ),
        Event::RequestWithdrawn => Said::of(
            "Customer Lockbox の要求 {id} は取り下げられました",
            "提供元がこの要求を取り下げました。アクセスは許可されず、決定していただくことはありません。",
            "あなたの要求は取り下げられました。アクセスは許可されません。",
            "この要求は取り下げられました。アクセスは許可されません。",
        ),
        Event::AccessGranted => Said::of(
            "Customer Lockbox の要求 {id}: 承認なしでアクセスが許可されました",
            "組織の設定ではこの要求に承認が不要なため、アクセスは直ちに許可されました。",
            "お客様はあなたの要求に承認を必要としていません。現在アクセスできます。",
            "お客様はこの要求に承認を必要としていません。アクセスは直ちに許可されました。",
        ),
        Event::AccessStarted => Said::of(
            "Customer Lockbox の要求 {id}: アクセスが始まりました",
            "サポート エンジニアが組織のデータにアクセスできるようになりました。",
            "アクセスできるようになりました。操作はすべてお客様のために記録されます。",
            "エンジニアがアクセスできるようになりました。",
        ),
        Event::AccessEnding => Said::of(
            "Customer Lockbox の要求 {id}: アクセスはまもなく終了します",
            "組織のデータに対するサポート エンジニアのアクセスは、まもなく終了します。",
            "あなたのアクセスはまもなく終了します。時間が足りない場合は、新しい要求を作成してください。",
            "エンジニアのアクセスはまもなく終了します。",
        ),
        Event::AccessEnded => Said::of(
            "Customer Lockbox の要求 {id}: アクセスが終了しました",
            "許可された時間が過ぎました。サポート エンジニアはもうアクセスできません。",
            "許可された時間が過ぎました。もうアクセスできません。",
            "許可された時間が過ぎました。エンジニアはもうアクセスできません。",
        ),
        Event::AccessCompleted => Said::of(
            "Customer Lockbox の要求 {id}: アクセスが予定より早く終了しました",
            "サポート エンジニアは予定より早く作業を終え、もうアクセスできません。",
            "あなたは予定より早く作業を終えました。もうアクセスできません。",
            "エンジニアは予定より早く作業を終え、もうアクセスできません。",
        ),
        Event::AccessRevoked => Said::of(
            "Customer Lockbox の要求 {id}: 提供元がアクセスを停止しました",
            "提供元がこのアクセスを停止しました。サポート エンジニアはもうアクセスできません。",
            "{who} があなたのアクセスを停止しました。もうアクセスできません。",
            "{who} がこのアクセスを停止しました。エンジニアはもうアクセスできません。",
        ),
        Event::EngineerActed => Said::of(
            "Customer Lockbox の要求 {id}: 操作が {count} 件記録されました",
            "サポート エンジニアが組織のデータに対して操作を行いました。前回のメール以降に {count} 件が記録され、すべて監査ログで確認できます。",
            "前回のメール以降、あなたの操作が {count} 件記録されました。お客様はすべてを確認できます。",
            "前回のメール以降、エンジニアの操作が {count} 件記録されました。お客様はすべてを確認できます。",
        ),
        Event::PolicyChanged => Said::all(
            "Customer Lockbox: {tenant} のポリシーが変更されました",
            "{who} がポリシーを変更しました。",
        ),
        Event::PolicyWeakened => Said::all(
            "Customer Lockbox: {tenant} の保護が以前より弱くなりました",
            "{who} が、組織の保護を以前より弱める変更を行いました。心当たりがない場合は、本人に確認して元に戻してください。",
        ),
        Event::PolicyProposed => Said::all(
            "Customer Lockbox: {tenant} の変更が別の管理者の確認を待っています",
            "{who} が変更を提案しました。別の管理者が確認するまで有効になりません。",
        ),
        Event::PolicyProposalWithdrawn => Said::all(
            "Customer Lockbox: {tenant} の変更の提案は取り下げられました",
            "{who} が変更の提案を取り下げたか、却下しました。何も変更されていません。",
        ),
        Event::SettingsChanged => Said::all(
            "Customer Lockbox: {tenant} の設定が変更されました",
            "{who} が設定を変更しました。",
        )
        .affected(
            "Customer Lockbox: {tenant} からこのアドレスへの通知が減りました",
            "{who} が設定を変更したため、このアドレスに送られるメールは少なくなるか、なくなります。心当たりがない場合は、本人に確認してください。",
        ),
        Event::RolesChanged => Said::all(
            "Customer Lockbox: {tenant} のユーザー、ロール、またはトークンが変更されました",
            "{who} が権限を変更しました。",
        )
        .affected(
            "Customer Lockbox: {tenant} でのあなたの権限が変更されました",
            "{who} があなたの権限を変更しました。内容は以下のとおりです。心当たりがない場合は、本人に確認してください。",
        ),
        Event::TenantChanged => Said::all(
            "Customer Lockbox: {tenant} が変更されました",
            "{who} が組織そのものを変更しました (停止、再開、名前の変更、または復旧)。",
        ),
        Event::EmergencyAccess => Said::of(
            "{tenant} のデータへの緊急アクセス",
            "提供元の二名が緊急事態を宣言し、お客様の承認を得ずに組織のデータへアクセスしました。アクセスは自動的に終了し、直ちに停止することもできます。承認者のいずれかが確認するまで、一覧に表示されます。",
            "あなたの緊急アクセスは有効です。お客様に通知され、操作はすべて記録されます。",
            "緊急アクセスは有効です。お客様に通知され、操作はすべて記録されます。",
        ),
        Event::EmergencyReported => Said::of(
            "Customer Lockbox を経由しない {tenant} のデータへのアクセスが報告されました",
            "何者かが Customer Lockbox を経由せずに組織のデータへアクセスしたと、提供元が報告しました。承認者のいずれかが確認するまで、一覧に表示されます。",
            "Customer Lockbox を経由しないアクセスについてのあなたの報告が記録されました。お客様に通知されました。",
            "Customer Lockbox を経由しないアクセスの報告が記録されました。お客様に通知されました。",
        ),
        Event::EmergencyAcknowledged => Said::of(
            "緊急アクセス {id} が確認されました",
            "{who} がこの緊急アクセスを確認しました。同意を意味するものではありません。未確認の一覧からは外れました。",
            "{who} が緊急アクセスを確認しました。同意を意味するものではありません。",
            "{who} が緊急アクセスを確認しました。同意を意味するものではありません。",
        ),
        Event::NotificationUndeliverable => Said::all(
            "Customer Lockbox: 通知を配信できませんでした",
            "通知を配信できず、再試行も行われません。必要な情報が届いていない人がいる可能性があります。",
        ),
        Event::WebhookPaused => Said::all(
            "Customer Lockbox: Webhook が一時停止されました",
            "Webhook の失敗が長く続いたため、送信を停止しました。受信側を修復してから、再び有効にしてください。",
        ),
    }
}

fn decided(outcome: Outcome) -> Said {
    match outcome {
        Outcome::Approved => Said::of(
            "Customer Lockbox の要求 {id} は承認されました",
            "{who} がこの要求を承認しました。あなたの決定は不要になりました。",
            "{who} があなたの要求を承認しました。下記の時間アクセスできます。",
            "{who} がこの要求を承認しました。",
        ),
        Outcome::Denied => Said::of(
            "Customer Lockbox の要求 {id} は拒否されました",
            "{who} がこの要求を拒否しました。アクセスは許可されず、あなたの決定は不要になりました。",
            "{who} があなたの要求を拒否しました。アクセスは許可されません。",
            "{who} がこの要求を拒否しました。アクセスは許可されません。",
        ),
        Outcome::Canceled => Said::of(
            "Customer Lockbox の要求 {id} は取り消されました",
            "{who} がこの要求を取り消しました。アクセスはできず、あなたの決定は不要になりました。",
            "{who} があなたの要求を取り消しました。もうアクセスできません。",
            "{who} がこの要求を取り消しました。もうアクセスできません。",
        ),
    }
}
