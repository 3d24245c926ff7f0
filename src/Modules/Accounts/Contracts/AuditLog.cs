using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Eventing;

namespace Lectern.Accounts.Contracts;

/// <summary>
/// The append-only record of what matters for security: who did what to what, and when. One chain of hashes per
/// workspace, and one of the platform for what belongs to none.
/// </summary>
public static class AuditLog
{
    /// <summary>The chain of what belongs to no workspace: sign-ins, and acts of platform administrators.</summary>
    public static readonly Guid Platform = Guid.Empty;

    /// <summary>Adds an entry to the unit of work, last, since it locks the end of the chain.</summary>
    /// <param name="session">
    /// The unit of work, whose actor and correlation the entry gets. Only a worker session can write the platform's chain.
    /// A message's handler acts for nobody in person: the message carries the actor of whatever led to it, who may have
    /// done something else entirely; the correlation still leads there.
    /// </param>
    /// <param name="workspace">Whose chain: the session's workspace, or <see cref="Platform"/>.</param>
    /// <param name="action">A stable code in snake case with its area: <c>members.role_changed</c>.</param>
    /// <param name="target">What it was done to: a public id, or null.</param>
    /// <param name="detail">Ids, codes and counts only: no name, address or secret.</param>
    /// <param name="address">The client's network address; it is not part of the chain, and erased with the person.</param>
    public static void Record(
        Session session,
        Guid workspace,
        string action,
        string? target = null,
        JsonObject? detail = null,
        string? address = null
    ) =>
        session.Execute(
            "select accounts.audit($1, $2, $3, $4, $5, $6, $7)",
            workspace,
            session.Context.Causation is null ? session.Context.Actor : "system",
            action,
            Typed.Text(target),
            new Jsonb(JsonSerializer.SerializeToUtf8Bytes(detail ?? [], AccountsJson.Default.JsonObject)),
            session.Context.Correlation,
            Typed.Text(address)
        );
}
