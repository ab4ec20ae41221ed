-- Further kinds of notifications: invoices that are not paid, mail in a virtual address, webhooks that were switched off. Every value
-- that was allowed still is, so the version before runs on it. For a lock it waits three seconds.
set local lock_timeout = '3s';

alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
    check (kind in ('task_assigned', 'task_due', 'billing', 'mail_received', 'webhook_failing'));
alter table notification_preferences drop constraint notification_preferences_kind_check;
alter table notification_preferences add constraint notification_preferences_kind_check
    check (kind in ('task_assigned', 'task_due', 'billing', 'mail_received', 'webhook_failing'));
