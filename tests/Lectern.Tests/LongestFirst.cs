using Lectern.Tests;
using Lectern.Tests.Activity.Live;
using Lectern.Tests.Billing.Ledger;
using Lectern.Tests.Http.Authorization;
using Lectern.Tests.Jobs;
using Lectern.Tests.Recovery;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Lectern.Tests;

/// <summary>
/// What takes minutes begins before what takes seconds: begun last, it would be alone in the end and the processors idle.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>Parts of the names of collections; a class without one is a collection of its own.</summary>
    private static readonly string[] Long =
    [
        nameof(AuthorizationTests),
        nameof(KilledBeforeCommitTests),
        nameof(KilledAfterCommitTests),
        nameof(ChaosTests),
        nameof(LedgerOverHttpTests),
        nameof(WalletModelTests),
        JobsHostCollection.Name,
        AudiobookCollection.Name,
        LiveHostsCollection.Name,
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections
    )
        where TTestCollection : ITestCollection =>
        [
            .. testCollections.OrderBy(collection =>
                !Long.Any(name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal))
            ),
        ];
}
