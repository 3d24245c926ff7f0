using System.Text.Json;
using Lectern.Billing.ProviderCalls;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.Contracts;

/// <summary>A call of a provider, as it is recorded: ids, names and counts, never what is said.</summary>
/// <param name="Id">Made by the caller; another try is another call.</param>
/// <param name="Provider">The engine's stable name: <c>flite</c>.</param>
/// <param name="Ability">What it is asked to do: <c>speech</c>.</param>
/// <param name="Model">With what: the voice's id.</param>
/// <param name="Unit">What the provider counts: <c>character</c>.</param>
/// <param name="Units">How many are asked for.</param>
public sealed record ProviderCall(Guid Id, string Provider, string Ability, string Model, string Unit, long Units)
{
    /// <summary>For whom; null for the installation itself.</summary>
    public Guid? Workspace { get; init; }

    /// <summary>For which of the workspace's jobs, if for one.</summary>
    public Guid? Job { get; init; }

    /// <summary>For which chunk of the job, if for one.</summary>
    public int? Chunk { get; init; }

    /// <summary>Whether the workspace pays the provider itself, by a key of its own.</summary>
    public bool OnOwnAccount { get; init; }

    /// <summary>How long it may take; no longer than the limit of all calls, which holds without it.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>A text to speak, counted in UTF-16 units as everywhere.</summary>
    public static ProviderCall Speech(Guid id, string provider, string voice, string text) =>
        new(id, provider, "speech", voice, "character", text.Length);
}

/// <summary>
/// Every call of a provider is made through here: its row is committed before the provider is asked, and its outcome is
/// recorded after. So whatever dies, what may have been spent is known. A call whose outcome nobody came to record is
/// made <c>unknown</c> by <see cref="CallSweep"/>.
/// </summary>
public sealed partial class RecordedCalls
{
    private const string InsertEnd =
        "insert into billing.provider_call_ends (call_id, outcome, code, units) values ($1, $2, $3, $4)";

    private readonly EventStore _store;
    private readonly ILogger<RecordedCalls> _log;
    private readonly TimeSpan _limit;

    internal RecordedCalls(EventStore store, IOptions<ProviderCallSettings> settings, ILogger<RecordedCalls> log)
    {
        _store = store;
        _log = log;
        _limit = settings.Value.ProviderCallLimit;
    }

    /// <summary>
    /// Records the call, then makes it. A failure is recorded and goes on; a success is for the caller to record, with
    /// what came of it (<see cref="Succeeded"/>) or without (<see cref="SucceededAsync"/>).
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="ask">Asks the provider, and looks whether the answer is one; its token ends what takes too long.</param>
    /// <param name="cancel">Ends the wait; the outcome is unknown then.</param>
    /// <exception cref="ProviderException">The provider refused, failed, or took too long.</exception>
    public async Task<T> AskAsync<T>(ProviderCall call, Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        await StartAsync(call, cancel);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var limit = call.Limit < _limit ? call.Limit.Value : _limit;
        patience.CancelAfter(limit);
        try
        {
            return await ask(patience.Token);
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            await EndAsync(call, "unknown", null, call.Units);
            throw new ProviderException(
                call.Provider,
                ProviderFailure.UnknownOutcome,
                $"There was no answer within {limit.TotalSeconds:0.#} seconds.",
                inner: e
            );
        }
        catch (ProviderException e) when (e.Failure != ProviderFailure.UnknownOutcome)
        {
            // Whoever answers with audio that is no good will want to be paid for it; a refusal costs nothing.
            var units = e.Failure == ProviderFailure.BadAnswer ? call.Units : 0;
            await EndAsync(call, "failed", JsonNamingPolicy.SnakeCaseLower.ConvertName($"{e.Failure}"), units);
            throw;
        }
        catch
        {
            await EndAsync(call, "unknown", null, call.Units); // cut off, or broken in a way that nobody foresaw
            throw;
        }
    }

    /// <summary>Records a success in the unit of work that keeps what came of it: both are there, or neither.</summary>
    public static void Succeeded(Session session, ProviderCall call) =>
        session.Execute(InsertEnd, call.Id, "succeeded", Typed.Text(null), call.Units);

    /// <summary>
    /// Records a success by itself: where nothing else is written, or where that failed. An outcome that is on record
    /// stands.
    /// </summary>
    public Task SucceededAsync(ProviderCall call) => EndAsync(call, "succeeded", null, call.Units);

    /// <summary>Those of some calls that have no success on record.</summary>
    public static async Task<IReadOnlyList<Guid>> NotSucceededAsync(
        Session session,
        Guid[] calls,
        CancellationToken cancel
    ) =>
        await session.QueryAsync(
            """
            select asked.id from unnest($1::uuid[]) asked(id)
            where not exists (
                select from billing.provider_call_ends e where e.call_id = asked.id and e.outcome = 'succeeded')
            """,
            row => row.GetGuid(0),
            cancel,
            calls
        );

    private async Task StartAsync(ProviderCall call, CancellationToken cancel)
    {
        await using var session = Open(call);
        session.Execute(
            """
            insert into billing.provider_calls
                (id, provider, ability, model, workspace_id, job_id, chunk, unit, units, on_own_account)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            call.Id,
            call.Provider,
            call.Ability,
            call.Model,
            Typed.Uuid(call.Workspace),
            Typed.Uuid(call.Job),
            Typed.Int(call.Chunk),
            call.Unit,
            call.Units,
            call.OnOwnAccount
        );
        await session.SaveChangesAsync(cancel);
    }

    /// <summary>Also when the host is stopping; and what can't be written now must not hide what happened.</summary>
    private async Task EndAsync(ProviderCall call, string outcome, string? code, long units)
    {
        try
        {
            await using var session = Open(call);
            session.Execute($"{InsertEnd} on conflict do nothing", call.Id, outcome, Typed.Text(code), units);
            await session.SaveChangesAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            LogNotRecorded(_log, e, call.Id, outcome);
        }
    }

    private Session Open(ProviderCall call) => _store.OpenSystemSession(call.Workspace ?? Guid.Empty);

    [LoggerMessage(LogLevel.Warning, "Provider call {Call} {Outcome}, which can't be recorded; it will be unknown.")]
    private static partial void LogNotRecorded(ILogger log, Exception error, Guid call, string outcome);
}
