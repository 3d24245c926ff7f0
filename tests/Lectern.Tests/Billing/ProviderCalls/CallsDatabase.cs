using Lectern.Billing.Contracts;
using Lectern.Billing.ProviderCalls;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Billing.ProviderCalls;

/// <summary>What tests of provider calls do to a database with Billing in it.</summary>
internal static class CallsDatabase
{
    public static IOptions<ProviderCallSettings> Settings(TimeSpan? limit = null) =>
        Options.Create(new ProviderCallSettings { ProviderCallLimit = limit ?? TimeSpan.FromMinutes(10) });

    public static RecordedCalls Calls(this BillingDatabase database, TimeSpan? limit = null) =>
        new(database.Store, Settings(limit), NullLogger<RecordedCalls>.Instance);

    public static CallSweep Sweep(this BillingDatabase database) =>
        new(database.Store, Settings(), TimeProvider.System, NullLogger<CallSweep>.Instance);

    /// <summary>A call for twelve characters.</summary>
    public static ProviderCall NewCall() =>
        ProviderCall.Speech(Guid.CreateVersion7(), "flite", "flite-slt", "Twelve chars") with
        {
            Workspace = Guid.CreateVersion7(),
            Job = Guid.CreateVersion7(),
            Chunk = 7,
        };

    /// <summary>A call that began so long ago, and that nobody came to end.</summary>
    public static async Task<ProviderCall> OpenCallAsync(this BillingDatabase database, string age = "0")
    {
        var call = NewCall();
        await database.TamperAsync(
            $"""
            insert into billing.provider_calls (id, started_at, provider, ability, model, workspace_id, job_id, unit, units)
            values ('{call.Id}', now() - interval '{age}', 'flite', 'speech', 'flite-slt', '{call.Workspace}', '{call.Job}', 'character', 12)
            """
        );
        return call;
    }

    /// <summary>The call's outcome, code and units on record; null without one.</summary>
    public static async Task<string?> OutcomeAsync(this BillingDatabase database, ProviderCall call) =>
        (
            await database.RowsAsync(
                $"select outcome, code, units from billing.provider_call_ends where call_id = '{call.Id}'"
            )
        ).SingleOrDefault();
}
