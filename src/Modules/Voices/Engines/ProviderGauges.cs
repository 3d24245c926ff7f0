using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Telemetry;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Engines;

/// <summary>
/// What stands of providers: which engines are there, how many of the places on their accounts are taken, and which
/// accounts are left alone. Accounts are counted and not named: one may be a workspace's own.
/// </summary>
internal sealed class ProviderGauges : IGaugePart
{
    private static readonly Gauge Available = new(
        "lectern.engine.available",
        "Whether an engine can be used on the platform's account: 1, or 0."
    );
    private static readonly Gauge Taken = new(
        "lectern.provider.places.taken",
        "Calls at work at a provider, all hosts."
    );
    private static readonly Gauge Limit = new(
        "lectern.provider.places.limit",
        "Calls that may be at work at a provider at a time on the platform's account; fewer after it said that it is too much."
    );
    private static readonly Gauge Accounts = new(
        "lectern.provider.accounts",
        "Accounts at a provider by state: closed (asked as usual), paused, open (left alone), key_refused, quota_exhausted."
    );

    private static readonly string[] States = ["closed", "paused", "open", "key_refused", "quota_exhausted"];

    private readonly EventStore _store;
    private readonly VoiceCatalogue _catalogue;
    private readonly EngineSet _engines;
    private readonly ProviderAccounts _accounts;

    public ProviderGauges(EventStore store, VoiceCatalogue catalogue, EngineSet engines, ProviderAccounts accounts)
    {
        (_store, _catalogue, _engines, _accounts) = (store, catalogue, engines, accounts);
        CallTelemetry.Begin();
    }

    public string Name => "providers";

    public IReadOnlyList<Gauge> Gauges => [Available, Taken, Limit, Accounts];

    public async Task<IReadOnlyList<GaugeReading>> ReadAsync(CancellationToken cancel)
    {
        var readings = new List<GaugeReading>();
        foreach (var engine in _catalogue.Engines)
            readings.Add(
                new(
                    Available,
                    engine.Unavailable is null ? 1 : 0,
                    GaugeReading.Label("provider", engine.Name),
                    GaugeReading.Label("ability", CatalogueEngine.NameOf(engine.Engine.Ability))
                )
            );

        var rows = await ReadAccountsAsync(cancel);
        foreach (var provider in _engines.All.Where(engine => engine.Limits.IsRemote).GroupBy(engine => engine.Name))
        {
            var label = GaugeReading.Label("provider", provider.Key);
            var own = rows.Where(row => row.Provider == provider.Key).ToList();
            var platforms = own.Find(row => row.Account == _accounts.OfPlatform(provider.Key).Id);
            var most = provider.Max(engine => engine.Limits.Concurrency);
            readings.Add(new(Taken, own.Sum(row => row.Taken), label));
            readings.Add(new(Limit, Math.Min(platforms?.Places ?? most, most), label));
            foreach (var state in States)
            {
                var isPlatforms = platforms?.State == state;
                var workspaces = own.Count(row => row != platforms && row.State == state);
                readings.Add(Count(isPlatforms ? 1 : 0, "platform"));
                readings.Add(Count(workspaces, "workspace"));

                GaugeReading Count(int count, string account) =>
                    new(
                        Accounts,
                        count,
                        label,
                        GaugeReading.Label("state", state),
                        GaugeReading.Label("account", account)
                    );
            }
        }

        return readings;
    }

    private async Task<List<Row>> ReadAccountsAsync(CancellationToken cancel)
    {
        await using var session = _store.OpenSystemSession();
        return await session.QueryAsync(
            """
            select id, provider, places,
                   case when blocked_until > now() then blocked_code when open_until > now() then 'open'
                        when paused_until > now() then 'paused' else 'closed' end,
                   (select count(*) from voices.provider_places p where p.account = a.id and p.expires_at > now())
            from voices.provider_accounts a
            """,
            row => new Row(
                row.GetString(0),
                row.GetString(1),
                row.IsDBNull(2) ? null : row.GetInt32(2),
                row.GetString(3),
                row.GetInt64(4)
            ),
            cancel
        );
    }

    private sealed record Row(string Account, string Provider, int? Places, string State, long Taken);
}
