using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Tests.Activity.Analytics;

/// <summary>
/// A log such as it can come about, drawn by chance: a few workspaces whose jobs run at the same time, end in all ways, are
/// retried, moved and deleted; passages that are spoken, reused and taken over by a fallback; refunds and corrections, also of
/// each other. Times go back and forth, as those of transactions do.
/// </summary>
internal sealed class History
{
    private static readonly DateTimeOffset Start = new(2026, 2, 20, 22, 0, 0, TimeSpan.Zero);
    private static readonly string[] Voices = ["flite-slt", "flite-kal", "espeak-en"];
    private static readonly string[] Codes = ["provider-unavailable", "provider-content-refused"];

    private readonly Random _random;
    private readonly List<StoredEvent> _events = [];
    private readonly Dictionary<Guid, int> _versions = [];
    private readonly List<Tenant> _tenants;
    private readonly List<Order> _orders = [];

    public History(int seed, int events)
    {
        _random = new Random(seed);
        _tenants =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(_ => new Tenant(
                    NewId(),
                    [NewId(), NewId()],
                    [NewId(), NewId()],
                    NewId(),
                    [null, NewId(), NewId()]
                )),
        ];
        foreach (var tenant in _tenants)
        {
            AddToWallet(tenant, new WalletOpened());
            AddToWallet(tenant, new CreditsGranted(NewId(), 1_000_000_000, "test"));
        }

        while (_events.Count < events)
            Step();
    }

    public IReadOnlyList<StoredEvent> Events => _events;

    public IEnumerable<Guid> Workspaces => _tenants.Select(tenant => tenant.Workspace);

    /// <summary>The streams of the wallets, as they are stored beside their events.</summary>
    public IEnumerable<(Guid Id, Guid Workspace, int Version)> Wallets =>
        _tenants.Select(tenant => (Wallet.IdOf(tenant.Workspace), tenant.Workspace, tenant.Entries));

    private void Step()
    {
        var tenant = _tenants[_random.Next(_tenants.Count)];
        switch (_random.Next(12))
        {
            case 0 or 1:
                Submit(tenant);
                break;
            case 2 when tenant.Captures.Count > 0:
                var (hold, left) = Pick(tenant.Captures);
                if (left == 0)
                    break;
                var back = _random.NextInt64(1, left + 1);
                tenant.Captures[hold] = left - back;
                tenant.Correctable.Add(tenant.Entries + 1);
                AddToWallet(tenant, new CreditsRefunded(NewId(), hold, back, "admin"));
                break;
            case 3:
                // The grant is the second entry; its corrections are no spending, nor are those of them.
                var entry = _random.Next(4) == 0 ? 2 : tenant.Correctable[_random.Next(tenant.Correctable.Count)];
                tenant.Correctable.Add(tenant.Entries + 1);
                var amount = _random.Next(1, 1000);
                AddToWallet(
                    tenant,
                    new CreditsCorrected(NewId(), entry, _random.Next(2) == 0 ? amount : -amount, "admin")
                );
                break;
            default:
                if (_orders.Count > 0)
                    Advance(_orders[_random.Next(_orders.Count)]);
                break;
        }
    }

    private void Submit(Tenant tenant)
    {
        var order = new Order(tenant, NewId(), NewId(), _random.Next(1, 10_000)) { ChunksLeft = _random.Next(1, 12) };
        var voice = Voices[_random.Next(Voices.Length)];
        var (actor, credential) = Act(tenant);
        Add(
            order.Id,
            tenant.Workspace,
            new JobSubmitted(
                "audiobook",
                voice,
                "m4b",
                64,
                _random.Next(1, 5_000),
                order.Hold,
                order.Held,
                "p1",
                FallbackVoice: "espeak-en",
                PricedAs: _random.Next(3) == 0 ? null : $"{voice.Split('-')[0]}/standard",
                Project: AnyProjectOf(tenant)
            ),
            actor,
            credential
        );
        AddToWallet(tenant, new CreditsHeld(order.Hold, order.Id, 1, order.Held, "p1"));
        _orders.Add(order);
    }

    private void Advance(Order order)
    {
        if (_random.Next(10) == 0) // what it costs stays where it was ordered
            Add(order.Id, order.Tenant.Workspace, new JobMoved(AnyProjectOf(order.Tenant)));
        if (order.HasEnded)
        {
            if (_random.Next(3) == 0)
                _orders.Remove(order); // nothing comes of it any more, or it is deleted
            else if (!order.IsCompleted)
                Retry(order);
            if (!_orders.Contains(order) && _random.Next(2) == 0)
                Add(order.Id, order.Tenant.Workspace, new JobDeleted());
        }
        else if (order.ChunksLeft == 0 || _random.Next(15) == 0)
        {
            End(order);
        }
        else
        {
            order.ChunksLeft--;
            Speak(order);
        }
    }

    private void Speak(Order order)
    {
        var samples = _random.Next(1, 200_000);
        switch (_random.Next(5))
        {
            case 0:
                Add(
                    order.Id,
                    order.Tenant.Workspace,
                    new ChunkReused(order.ChunksLeft, "a", samples, 16_000, _random.Next(200))
                );
                break;
            case 1: // as it was stored before these facts were
                Add(order.Id, order.Tenant.Workspace, new ChunkSynthesized(order.ChunksLeft, "a", samples, 16_000, "s", 1));
                break;
            case 2:
                Add(
                    order.Id,
                    order.Tenant.Workspace,
                    new VoiceFellBack(order.ChunksLeft, "flite-slt", "espeak-en", Codes[_random.Next(2)])
                );
                Add(
                    order.Id,
                    order.Tenant.Workspace,
                    new ChunkSynthesized(
                        order.ChunksLeft,
                        "a",
                        samples,
                        16_000,
                        "s",
                        1,
                        "espeak",
                        _random.Next(900),
                        _random.Next(200),
                        "espeak-en"
                    )
                );
                break;
            default:
                Add(
                    order.Id,
                    order.Tenant.Workspace,
                    new ChunkSynthesized(
                        order.ChunksLeft,
                        "a",
                        samples,
                        16_000,
                        "s",
                        1,
                        "flite",
                        _random.Next(900),
                        _random.Next(200)
                    )
                );
                break;
        }
    }

    private void End(Order order)
    {
        var (job, tenant) = (order.Id, order.Tenant);
        var charged = _random.Next(4) == 0 ? 0 : _random.NextInt64(1, order.Held + 1);
        order.HasEnded = true;
        switch (order.ChunksLeft == 0 ? 0 : _random.Next(1, 3))
        {
            case 0:
                order.IsCompleted = true;
                Add(job, tenant.Workspace, new AudioAssembled(NewId(), "s", 1, _random.Next(1, 100_000)));
                Add(job, tenant.Workspace, new JobCompleted(charged));
                break;
            case 1:
                Add(
                    job,
                    tenant.Workspace,
                    new JobFailed(_random.Next(2) == 0 ? "prepare" : "synthesize", Codes[_random.Next(2)], charged)
                );
                break;
            default:
                Add(job, tenant.Workspace, new JobCancelled(charged));
                break;
        }

        if (charged == 0)
        {
            AddToWallet(tenant, new HoldReleased(order.Hold, job, order.Held, "nothing_to_pay"));
            return;
        }

        tenant.Captures[order.Hold] = charged;
        tenant.Correctable.Add(tenant.Entries + 1);
        AddToWallet(
            tenant,
            new CreditsDeducted(order.Hold, job, "audiobook", order.Held, charged, new Delivery(1, Provider: "flite"))
        );
    }

    private void Retry(Order order)
    {
        order.Run++;
        order.Hold = NewId();
        order.Held = _random.Next(1, 10_000);
        (order.HasEnded, order.ChunksLeft) = (false, Math.Max(1, order.ChunksLeft));
        var (actor, credential) = Act(order.Tenant);
        Add(
            order.Id,
            order.Tenant.Workspace,
            new JobReopened(
                order.Run,
                order.Hold,
                order.Held,
                "p1",
                5,
                _random.Next(2) == 0 ? null : "espeak/standard"
            ),
            actor,
            credential
        );
        AddToWallet(order.Tenant, new CreditsHeld(order.Hold, order.Id, order.Run, order.Held, "p1"));
    }

    private Guid? AnyProjectOf(Tenant tenant) => tenant.Projects[_random.Next(tenant.Projects.Length)];

    private (string Actor, string? Credential) Act(Tenant tenant)
    {
        var person = _random.Next(2);
        return (
            $"person:{tenant.People[person]}",
            _random.Next(3) switch
            {
                0 => $"key:{tenant.Key}",
                1 => null, // as before it was noted
                _ => $"session:{tenant.Sessions[person]}",
            }
        );
    }

    private void AddToWallet(Tenant tenant, object data)
    {
        tenant.Entries++;
        Add(Wallet.IdOf(tenant.Workspace), tenant.Workspace, data);
    }

    private void Add(Guid stream, Guid workspace, object data, string actor = "system", string? credential = null)
    {
        var version = _versions[stream] = _versions.GetValueOrDefault(stream) + 1;
        var at = Start.AddMinutes(_events.Count * 20).AddMinutes(_random.Next(-600, 600));
        _events.Add(
            new StoredEvent(
                _events.Count + 1,
                NewId(),
                stream,
                version,
                data,
                "",
                workspace,
                actor,
                NewId(),
                null,
                at,
                credential
            )
        );
    }

    private KeyValuePair<Guid, long> Pick(Dictionary<Guid, long> all) => all.ElementAt(_random.Next(all.Count));

    private Guid NewId()
    {
        var bytes = new byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private sealed record Tenant(Guid Workspace, Guid[] People, Guid[] Sessions, Guid Key, Guid?[] Projects)
    {
        public int Entries { get; set; }

        public Dictionary<Guid, long> Captures { get; } = [];

        /// <summary>Entries that a correction may name: the grant at first.</summary>
        public List<int> Correctable { get; } = [2];
    }

    private sealed record Order(Tenant Tenant, Guid Id, Guid FirstHold, long FirstHeld)
    {
        public Guid Hold { get; set; } = FirstHold;

        public long Held { get; set; } = FirstHeld;

        public int Run { get; set; } = 1;

        public int ChunksLeft { get; set; }

        public bool HasEnded { get; set; }

        public bool IsCompleted { get; set; }
    }
}
