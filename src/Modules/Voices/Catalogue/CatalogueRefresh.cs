using Lectern.SharedKernel;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.Logging;

namespace Lectern.Voices.Catalogue;

/// <summary>
/// Asks the engines anew every few minutes. At the start they have a moment: programs answer within it, and a service
/// that doesn't is listed with what it said last, until the first round.
/// </summary>
internal sealed class CatalogueRefresh(VoiceCatalogue catalogue, TimeProvider time, ILogger<CatalogueRefresh> log)
    : PeriodicWork(TimeSpan.FromMinutes(2), time, log)
{
    private static readonly TimeSpan AtStart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await catalogue.RefreshAsync(AtStart, cancellationToken); // the first request then finds the voices
        await base.StartAsync(cancellationToken);
    }

    protected override Task DoAsync(CancellationToken stop) => catalogue.RefreshAsync(Patience, stop);
}
