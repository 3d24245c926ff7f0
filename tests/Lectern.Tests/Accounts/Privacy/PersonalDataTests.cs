using Lectern.Host;
using Lectern.Tests.Postgres;
using Npgsql;

namespace Lectern.Tests.Accounts.Privacy;

/// <summary>
/// Where personal data may stand in the database. Every column of every table is decided on here: a new one fails the
/// test until somebody says whether it can hold personal data and, if so, sees to it that an erasure takes it away.
/// </summary>
public sealed class PersonalDataTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _database = await TestDatabase.CreateAsync(model =>
        {
            foreach (var module in Modules.All)
                module.AddEventing(model);
        });

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>Columns that can hold personal data, and what erases them.</summary>
    private static readonly Dictionary<string, string> Personal = new()
    {
        ["accounts.people"] = "email email_normalized password_hash name email_verified_at", // PersonalRows.AtTheEnd
        ["accounts.workspaces"] = "name", // PersonalRows.OfWorkspace
        ["accounts.sessions"] = "device address", // PersonalRows.OfPerson: the rows go
        ["accounts.refresh_tokens"] = "hash", // go with their sessions
        ["accounts.live_tickets"] = "hash", // go with the session or the key that made them
        ["accounts.avatars"] = "blob sha256 bytes", // PersonalRows.OfPerson, and the files
        ["accounts.audit_log"] = "address", // AccountsErasure
        ["accounts.confirmations"] = "email email_normalized password_hash name", // PersonalRows.OfPerson
        ["accounts.external_identities"] = "issuer subject", // the same
        ["accounts.invitations"] = "email email_normalized", // PersonalRows.OfPerson and .OfWorkspace
        ["accounts.api_keys"] = "name hash start last_four scopes", // the same
        ["accounts.preferences"] = "value", // the same
        ["accounts.data_keys"] = "wrapped", // a trigger, shred_vault, when the workspace is deleted
        ["accounts.provider_keys"] = "name sealed last_four fingerprint", // the same
        ["accounts.secrets"] = "sealed", // the same
        ["activity.webhooks"] = "url description events", // WebhooksErasure
        ["activity.webhook_attempts"] = "answer", // the same
        ["billing.notes"] = "note", // NotesErasure
        ["billing.quotes"] = "fingerprint", // QuotesErasure
        ["eventing.idempotency_keys"] = "key fingerprint body location", // QueueOperations.ForgetWorkspaceAsync
        ["eventing.dead_letters"] = "error", // the same
        ["eventing.messages"] = "last_error", // the same
        ["jobs.manuscripts"] = "title author language markdown text", // JobsErasure, as all of Jobs
        ["jobs.chapters"] = "title",
        ["jobs.chunks"] = "spoken source_start source_length pause_ms hash audio",
        ["jobs.segments"] = "encoding",
        ["jobs.failures"] = "detail",
        ["jobs.audio"] = "hash blob sha256",
        ["jobs.encodings"] = "hash blob",
        ["jobs.artifacts"] = "blob sha256",
        ["jobs.paid_audio"] = "hash",
        ["jobs.job_view"] = "sha256",
        ["voices.characters"] = "name description", // CharactersErasure, as all of Voices
        ["voices.samples"] =
            "blob sha256 bytes duration_ms level_db peak_db floor_db clipped_share pitch_median pitch_low pitch_high",
        ["voices.character_images"] = "expression blob thumbnail sha256 bytes",
        ["voices.consents"] = "statement statement_sha256 sample_sha256",
        ["voices.character_view"] = "clone_voice language gender",
        ["library.projects"] = "name description", // ProjectsErasure
        ["voices.lexicons"] = "name", // LexiconsErasure
        ["voices.lexicon_entries"] = "word alias ipa", // the same
        ["activity.reading"] = "read_seq cleared_seq", // FeedErasure: the rows go
        ["activity.read_entries"] = "seq", // the same
    };

    /// <summary>Ids, codes, counts, amounts and times: of nobody once the person's row is erased.</summary>
    private static readonly Dictionary<string, string> Impersonal = new()
    {
        ["accounts.api_keys"] =
            "id workspace_id person_id credit_cap created_at expires_at last_used_at leaked_at revoked_at",
        ["accounts.audit_chains"] = "entries head workspace_id",
        ["accounts.audit_log"] = "action actor at correlation_id detail hash number target workspace_id",
        ["accounts.avatars"] = "changed_at person_id",
        ["accounts.confirmations"] = "id purpose person_id created_at expires_at",
        ["accounts.data_keys"] = "id workspace_id generation",
        ["accounts.external_identities"] = "person_id linked_at",
        ["accounts.invitations"] = "id workspace_id role invited_by created_at expires_at",
        ["accounts.live_tickets"] =
            "person_id workspace_id role is_platform_admin session_id stamp stands_until api_key_id expires_at",
        ["accounts.members"] = "joined_at person_id role stamp workspace_id",
        ["accounts.openid_flows"] = "id issuer expires_at",
        ["accounts.people"] = "created_at disabled_at erased_at erasing_at id plan platform_admin",
        ["accounts.preferences"] = "owner_id key level updated_at updated_by",
        ["accounts.provider_keys"] =
            "id workspace_id data_key provider version created_at replaced_at last_tested_at last_test_outcome",
        ["accounts.refresh_tokens"] = "issued_at session_id used_at",
        ["accounts.revocations"] = "at subject",
        ["accounts.secrets"] = "id workspace_id data_key purpose created_at",
        ["activity.webhooks"] =
            "id workspace_id slot payload_version secret_id old_secret_id old_secret_until version failing_since disabled_at "
            + "disabled_reason deleted_at created_at changed_at",
        ["activity.webhook_deliveries"] =
            "id workspace_id webhook_id event_id type stream_id stream_version status tries attempts next_attempt_at "
            + "last_outcome last_status created_at ended_at",
        ["activity.webhook_attempts"] = "delivery_id number workspace_id at duration_ms outcome status",
        ["accounts.sessions"] = "created_at end_reason ended_at expires_at id last_used_at method person_id",
        ["accounts.signing_keys"] = "generation signs_from verifies_until",
        ["accounts.vault_generations"] = "generation since",
        ["accounts.workspaces"] = "created_at deleted_at id kind",
        ["billing.hold_ends"] = "amount captured refunded ended_at hold_id job_id kind wallet_id workspace_id",
        ["billing.holds"] =
            "api_key amount billing_stopped expires_at held_at id job_id price_version run wallet_id workspace_id",
        ["billing.ledger"] =
            "at cause_id corrects held held_change hold_id job_id kind number posted posted_change reason "
            + "wallet_id workspace_id",
        ["billing.notes"] = "id workspace_id written_at",
        // What a code is for, which is a campaign and not a person; those who write it are told.
        ["billing.codes"] =
            "id code normalized credits uses used last_used_at expires_at credits_expire_after_days note created_at disabled_at",
        // Ids under which the payment provider knows who paid; the books of the money that was received name them.
        ["billing.payments"] =
            "id provider_session provider_event type amount currency livemode workspace_id outcome reason received_at changed_at",
        ["billing.price_lists"] = "version since lines minimums",
        ["billing.quotes"] =
            "id workspace_id kind price_version low expected high ordered lines created_at valid_until job_id run",
        ["billing.caps"] = "api_key daily monthly wallet_id workspace_id",
        ["billing.lots"] = "amount expires_at id number remaining wallet_id workspace_id",
        ["billing.open_holds"] = "amount expires_at held_at hold_id job_id run wallet_id workspace_id",
        ["billing.refunds"] = "amount hold_id id wallet_id workspace_id",
        ["billing.spending"] = "api_key period room starts used wallet_id workspace_id",
        ["billing.wallet_activity"] = "seq wallet_id",
        ["billing.wallets"] = "held id low_below opened_at posted stopped_at version workspace_id",
        ["billing.watch"] = "position singleton",
        // An erasure leaves calls as they are: what was spent at a provider stays to be counted, and nothing was said.
        ["billing.provider_calls"] =
            "ability chunk id job_id model on_own_account provider started_at unit units workspace_id",
        ["billing.provider_call_ends"] = "call_id code ended_at outcome units",
        ["billing.provider_calls_swept"] = "here until",
        // Whose a run was, by ids alone.
        ["activity.usage_by_day"] =
            "workspace_id dimension day value submitted retried completed failed cancelled fell_back characters_ordered "
            + "characters_spoken characters_reused chunks_spoken chunks_reused spoken_ms reused_ms timed_ms engine_ms "
            + "delivered_ms charges charged refunded corrected saved",
        ["activity.usage_runs"] = "job_id run hold held kind voice provider person session api_key project",
        ["activity.usage_entries"] = "wallet_id number hold",
        ["billing.spend_by_day"] = "day kind micro_credits provider runs workspace_id",
        ["eventing.commits"] = "at id",
        ["eventing.dead_letters"] =
            "actor attempts causation_id correlation_id credential data died_at enqueued_at generation "
            + "group_id id lane traceparent type workspace_id",
        ["eventing.events"] =
            "actor at causation_id correlation_id credential data id seq stream_id traceparent type version workspace_id",
        ["eventing.idempotency_keys"] = "created_at route status workspace_id",
        ["eventing.lanes"] = "changed_at concurrency max_concurrency name recover_seconds",
        ["eventing.messages"] =
            "actor attempts causation_id correlation_id credential data due_at enqueued_at generation "
            + "group_id id lane leased_by leased_until seq state traceparent type workspace_id",
        ["eventing.projections"] = "changed_at error name position version",
        ["eventing.streams"] = "created_at id snapshot snapshot_schema snapshot_version type version workspace_id",
        ["voices.lexicons"] = "id workspace_id project language version entries created_at changed_at",
        ["voices.lexicon_entries"] = "lexicon_id workspace_id since until",
        ["library.projects"] = "id workspace_id created_by version created_at changed_at",
        ["jobs.artifacts"] = "bytes id job_id media_type run workspace_id",
        ["jobs.audio"] = "bytes call_id created_at rate samples workspace_id",
        ["jobs.chapters"] = "chapter first_segment job_id segments workspace_id",
        ["jobs.chunks"] = "chunk job_id segment spoken_by turn workspace_id",
        ["jobs.encodings"] = "bytes created_at samples workspace_id",
        ["jobs.failures"] = "job_id run workspace_id",
        ["jobs.job_view"] =
            "artifact audio_ms bitrate bytes chapters chapters_assembled chapters_skipped chunks_by_fallback fallback_voice fallback_priced_as priced_as "
            + "characters charged chunks chunks_done chunks_reused created_at duration_ms ended_at "
            + "failed_code failed_step format held hold id kind project_id run run_audio_ms run_chunks segments "
            + "segments_encoded stage started_at status stopping submitted_by version voice words "
            + "workspace_id",
        ["jobs.manuscripts"] = "job_id workspace_id",
        ["jobs.paid_audio"] = "job_id workspace_id",
        ["jobs.places"] = "job_id place workspace_id",
        ["jobs.segments"] = "chapter chunks delivered_at first_chunk job_id segment workspace_id",
        ["jobs.voice_gains"] = "engine_version gain_db voice",
        ["voices.inspections"] = "ability account found inspected_at provider",
        ["voices.provider_accounts"] =
            "blocked_code blocked_until failures id limited_since open_until paused_until places provider successes",
        ["voices.provider_places"] = "account call_id expires_at",
        ["voices.characters"] = "id workspace_id",
        ["voices.samples"] = "character_id workspace_id",
        ["voices.character_images"] = "character_id workspace_id",
        ["voices.consents"] = "character_id workspace_id given_by person_id given_at",
        ["voices.character_stars"] = "character_id person_id starred_at",
        ["voices.character_view"] =
            "id workspace_id created_by public speed steps cross_fade remove_silences clone_provider clone_failure version "
            + "created_at changed_at",
        // The feed is made of events and stays as they do: its data are codes and counts, its words are asked for.
        ["activity.feed"] =
            "actor_id area at credential data id number owner_id project_id seq subject_id subject_type type workspace_id",
        ["activity.feed_days"] = "day entries type workspace_id",
        ["activity.feed_jobs"] = "job_id owner_id project_id",
        ["activity.reading"] = "workspace_id person_id",
        ["activity.read_entries"] = "workspace_id person_id",
        ["lectern.migrations"] = "applied_at checksum name",
    };

    [Fact]
    public async Task Every_column_is_decided_on()
    {
        var decided = Decided().ToList();

        decided.ShouldBeUnique();
        (await ColumnsAsync()).Except(decided).ShouldBeEmpty("Can these hold personal data, and what erases them?");
        decided.Except(await ColumnsAsync()).ShouldBeEmpty("There are no such columns.");
    }

    [Fact]
    public async Task A_new_column_would_be_noticed()
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        await using var add = source.CreateCommand("alter table accounts.people add column nickname text");
        await add.ExecuteNonQueryAsync(Cancel);

        (await ColumnsAsync()).Except(Decided()).ShouldBe(["accounts.people.nickname"]);
    }

    private static IEnumerable<string> Decided() =>
        Personal
            .Concat(Impersonal)
            .SelectMany(table => table.Value.Split(' ').Select(column => $"{table.Key}.{column}"));

    private async Task<List<string>> ColumnsAsync()
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        await using var command = source.CreateCommand(
            """
            select n.nspname || '.' || c.relname || '.' || a.attname
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' order by 1
            """
        );
        await using var rows = await command.ExecuteReaderAsync(Cancel);
        var columns = new List<string>();
        while (await rows.ReadAsync(Cancel))
            columns.Add(rows.GetString(0));
        return columns;
    }
}
