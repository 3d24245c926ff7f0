using System.Runtime.CompilerServices;
using System.Text.Json;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Profile;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Accounts.Privacy;

/// <summary>The account as it is exported. The password's hash is a secret and stays.</summary>
internal sealed record ExportedProfile(
    string Id,
    string Email,
    DateTimeOffset? EmailVerifiedAt,
    string? Name,
    string Plan,
    bool PlatformAdmin,
    bool HasPassword,
    DateTimeOffset CreatedAt
);

/// <summary>A sign-in; its tokens are secrets and stay.</summary>
internal sealed record ExportedSession(
    string Id,
    string Method,
    string? Device,
    string? Address,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastUsedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? EndedAt,
    string? EndReason
);

/// <summary>A membership; who else is in the workspace is not the person's to take away.</summary>
internal sealed record ExportedMembership(
    string Workspace,
    string Kind,
    string? Name,
    string Role,
    DateTimeOffset JoinedAt
);

/// <summary>An entry of the audit log about the person.</summary>
/// <param name="Actor"><c>you</c>, <c>system</c> or <c>somebody else</c>.</param>
/// <param name="Address">The person's own network address; of somebody else's acts it is theirs and left out.</param>
internal sealed record ExportedAuditEntry(
    string? Workspace,
    long Number,
    DateTimeOffset At,
    string Actor,
    string Action,
    string? Target,
    JsonElement Detail,
    string? Address
);

/// <summary>What Accounts adds to an export. It reads past row security, since a person is in several workspaces.</summary>
internal sealed class AccountsExport(EventStore store, IBlobStore blobs) : IExportPart
{
    private const int PageSize = 500;

    /// <summary>Short lists about the person, as they stand in their rows; $1 is the person. No hash and no secret.</summary>
    private static readonly (string File, string Sql)[] Lists =
    [
        (
            "identities.json",
            """
            select issuer, subject, linked_at as "linkedAt"
            from accounts.external_identities where person_id = $1 order by linked_at
            """
        ),
        (
            "api-keys.json",
            """
            select name, start, last_four as "lastFour", scopes, created_at as "createdAt", expires_at as "expiresAt",
                   last_used_at as "lastUsedAt", revoked_at as "revokedAt"
            from accounts.api_keys where person_id = $1 order by created_at
            """
        ),
        (
            "settings.json",
            """
            select level, key, value, updated_at as "updatedAt" from accounts.preferences
            where level = 'person' and owner_id = $1 or level = 'workspace' and owner_id in (
                select w.id from accounts.members m join accounts.workspaces w on w.id = m.workspace_id
                where m.person_id = $1 and w.kind = 'personal')
            order by level, key
            """
        ),
    ];

    public string Name => "account";

    public string About =>
        "profile, picture, sessions, memberships, API keys, settings, and the audit log's entries about you.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        await using var session = store.OpenWorkerSession(
            new SessionContext(
                subject.Workspace,
                CallerSessions.ActorOf(subject.Person),
                CallerSessions.RequestCorrelation()
            )
        );
        await folder.WriteJsonAsync("profile.json", await ProfileAsync(session, subject.Person, cancel), cancel);
        await folder.WriteJsonAsync("sessions.json", await SessionsAsync(session, subject.Person, cancel), cancel);
        await folder.WriteJsonAsync(
            "memberships.json",
            await MembershipsAsync(session, subject.Person, cancel),
            cancel
        );
        foreach (var (file, sql) in Lists)
            await folder.WriteJsonAsync(file, await ListAsync(session, sql, subject.Person, cancel), cancel);
        await folder.WriteLinesAsync("audit.jsonl", AuditAsync(session, subject.Person, cancel), cancel);
        if (
            await Avatars.FindAsync(session, subject.Person, cancel) is { } avatar
            && await blobs.OpenReadAsync(avatar.Blob, cancel) is { } picture
        )
        {
            await using var content = picture;
            await folder.WriteFileAsync("avatar.png", content, cancel);
        }
    }

    private static async Task<ExportedProfile> ProfileAsync(Session session, Guid person, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                """
                select email, email_verified_at, name, plan, platform_admin, password_hash is not null, created_at
                from accounts.people where id = $1
                """,
                row => new ExportedProfile(
                    AccountIds.Person(person),
                    row.GetString(0),
                    row.IsDBNull(1) ? null : row.GetFieldValue<DateTimeOffset>(1),
                    row.IsDBNull(2) ? null : row.GetString(2),
                    row.GetString(3),
                    row.GetBoolean(4),
                    row.GetBoolean(5),
                    row.GetFieldValue<DateTimeOffset>(6)
                ),
                cancel,
                person
            )
        ).Single();

    private static Task<List<ExportedSession>> SessionsAsync(Session session, Guid person, CancellationToken cancel) =>
        session.QueryAsync(
            """
            select id, method, device, address, created_at, last_used_at, expires_at, ended_at, end_reason
            from accounts.sessions where person_id = $1 order by created_at, id
            """,
            row => new ExportedSession(
                AccountIds.Session(row.GetGuid(0)),
                row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.IsDBNull(3) ? null : row.GetString(3),
                row.GetFieldValue<DateTimeOffset>(4),
                row.GetFieldValue<DateTimeOffset>(5),
                row.GetFieldValue<DateTimeOffset>(6),
                row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7),
                row.IsDBNull(8) ? null : row.GetString(8)
            ),
            cancel,
            person
        );

    private static Task<List<ExportedMembership>> MembershipsAsync(
        Session session,
        Guid person,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            """
            select w.id, w.kind, w.name, m.role, m.joined_at
            from accounts.members m join accounts.workspaces w on w.id = m.workspace_id
            where m.person_id = $1 and w.deleted_at is null order by m.joined_at, w.id
            """,
            row => new ExportedMembership(
                AccountIds.Workspace(row.GetGuid(0)),
                row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.GetString(3),
                row.GetFieldValue<DateTimeOffset>(4)
            ),
            cancel,
            person
        );

    private static async Task<JsonElement> ListAsync(
        Session session,
        string sql,
        Guid person,
        CancellationToken cancel
    ) =>
        (
            await session.QueryAsync(
                $"select coalesce(jsonb_agg(to_jsonb(list)), '[]') from ({sql}) list",
                row => JsonElement.Parse(row.GetFieldValue<byte[]>(0)),
                cancel,
                person
            )
        ).Single();

    private static async IAsyncEnumerable<ExportedAuditEntry> AuditAsync(
        Session session,
        Guid person,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var actor = CallerSessions.ActorOf(person);
        var (workspace, number) = (Guid.Empty, 0L);
        while (true)
        {
            var page = await session.QueryAsync(
                """
                select workspace_id, number, at, actor, action, target, detail, case when actor = $1 then address end
                from accounts.audit_log where (actor = $1 or target = $2) and (workspace_id, number) > ($3, $4)
                order by workspace_id, number limit $5
                """,
                row =>
                    (
                        Workspace: row.GetGuid(0),
                        Entry: new ExportedAuditEntry(
                            row.GetGuid(0) == AuditLog.Platform ? null : AccountIds.Workspace(row.GetGuid(0)),
                            row.GetInt64(1),
                            row.GetFieldValue<DateTimeOffset>(2),
                            row.GetString(3) switch
                            {
                                var by when by == actor => "you",
                                "system" => "system",
                                _ => "somebody else",
                            },
                            row.GetString(4),
                            row.IsDBNull(5) ? null : row.GetString(5),
                            JsonElement.Parse(row.GetFieldValue<byte[]>(6)),
                            row.IsDBNull(7) ? null : row.GetString(7)
                        )
                    ),
                cancel,
                actor,
                AccountIds.Person(person),
                workspace,
                number,
                PageSize
            );
            foreach (var (_, entry) in page)
                yield return entry;
            if (page.Count < PageSize)
                yield break;
            (workspace, number) = (page[^1].Workspace, page[^1].Entry.Number);
        }
    }
}
