using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts.Contracts;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http;

namespace Lectern.Billing.Corrections;

/// <summary>What an administrator of the platform did to a wallet.</summary>
/// <param name="Id">Its id: of the grant, the refund or the correction.</param>
/// <param name="Workspace">Whose wallet.</param>
/// <param name="Credits">By how much the posted credits changed.</param>
internal sealed record CreditsMoved(string Id, string Workspace, string Credits);

/// <summary>One of the things that administrators of the platform do to a wallet.</summary>
/// <param name="Name">What it makes, and the prefix of its id: <c>grant</c>.</param>
/// <param name="Route">Method and pattern.</param>
/// <param name="Action">As the audit log calls it.</param>
/// <param name="Command">The request.</param>
/// <param name="Workspace">Whose wallet, as the request names it.</param>
/// <param name="Note">Why, in the administrator's words.</param>
internal sealed record CreditAct(
    string Name,
    string Route,
    string Action,
    object Command,
    string Workspace,
    string Note
)
{
    private const int LongestNote = 500;

    /// <summary>What is wrong with the note.</summary>
    public static IEnumerable<FieldError> FaultsOfNote(string note)
    {
        if (note.Length > LongestNote || string.IsNullOrWhiteSpace(note))
            yield return new FieldError("/note", $"must have 1 to {LongestNote} characters");
    }
}

/// <summary>
/// What these acts have in common: they need an Idempotency-Key, they are in the audit logs of the platform and of the
/// workspace, and their note stands beside the ledger and not in the event, so that it can be erased.
/// </summary>
internal static class CreditActs
{
    /// <summary>The refusals that each of them has.</summary>
    public static readonly ProblemType[] Problems =
    [
        CommonProblems.InvalidValues,
        BillingProblems.UnknownWorkspace,
        Idempotency.KeyMissing,
        Idempotency.KeyReused,
        Idempotency.InFlight,
    ];

    /// <summary>Does it once.</summary>
    /// <param name="act">What.</param>
    /// <param name="http">The request, for its key.</param>
    /// <param name="caller">Who.</param>
    /// <param name="store">Opens sessions.</param>
    /// <param name="add">Adds the event under this id, and says by how many micro-credits it changes what is posted, or why not.</param>
    /// <param name="refuse">What a constraint's refusal means; null for a defect.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<IResult> DoAsync(
        CreditAct act,
        HttpContext http,
        Caller caller,
        EventStore store,
        Func<Session, Guid, Task<(long Amount, Problem? Refusal)>> add,
        Func<Session, string, Task<Problem?>> refuse,
        CancellationToken cancel
    )
    {
        var (key, noKey) = Idempotency.ReadKey(http);
        if (noKey is not null)
            return noKey.AsResult();
        await using var looking = store.OpenWorkerSession(caller);
        if (await LivingWorkspaces.FindAsync(looking, act.Workspace, cancel) is not { } workspace)
            return BillingProblems.UnknownWorkspace.With("There is no such workspace.").AsResult();

        // The id follows from the key, so that the key is good for one act also in another workspace, and also when the
        // answer to the first is no longer on record.
        var id = DerivedId.From($"billing.admin_{act.Name}.{key}", caller.Person);
        await using var session = store.OpenWorkerSession(caller with { Workspace = workspace });
        var answer = new IdempotentAnswer(
            act.Route,
            key,
            SHA256.HashData(
                JsonSerializer.SerializeToUtf8Bytes(act.Command, act.Command.GetType(), StrictJson.Options)
            ),
            StatusCodes.Status201Created,
            null,
            []
        );
        var (amount, refusal) = await add(session, id);
        if (refusal is not null) // maybe because of what the same request did before
            return await Idempotency.ReplayAsync(store, session.Context, answer, cancel) ?? refusal.AsResult();
        var moved = new CreditsMoved(PublicId.Format(act.Name, id), act.Workspace, Credits.Format(amount));
        session.Execute(
            "insert into billing.notes (id, workspace_id, note) values ($1, $2, $3)",
            id,
            workspace,
            act.Note
        );
        AuditLog.Record(session, workspace, act.Action, moved.Id, new() { ["credits"] = moved.Credits });
        AuditLog.Record(
            session,
            AuditLog.Platform,
            act.Action,
            moved.Id,
            new JsonObject { ["credits"] = moved.Credits, ["workspace"] = moved.Workspace }
        );
        try
        {
            answer = answer with { Body = JsonSerializer.SerializeToUtf8Bytes(moved, StrictJson.Options) };
            return await Idempotency.SaveAsync(session, answer, store, cancel);
        }
        catch (ConstraintViolatedException twice)
            when (twice.Constraint is Wallets.GrantedOnce or Wallets.RefundedOnce or Wallets.CorrectedOnce)
        {
            return Idempotency.KeyReused.With($"The key {key} came with another request before.").AsResult();
        }
        catch (ConstraintViolatedException refused)
        {
            await using var reading = store.OpenWorkerSession(caller with { Workspace = workspace });
            if (await refuse(reading, refused.Constraint) is { } problem)
                return problem.AsResult();
            throw;
        }
    }
}
