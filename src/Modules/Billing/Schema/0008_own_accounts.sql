-- A call by a workspace's own key costs the platform nothing: the workspace pays the provider itself.
alter table billing.provider_calls add column on_own_account boolean not null default false;
