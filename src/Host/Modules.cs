using Lectern.Accounts;
using Lectern.Activity;
using Lectern.Billing;
using Lectern.Jobs;
using Lectern.Library;
using Lectern.SharedKernel;
using Lectern.Voices;

namespace Lectern.Host;

/// <summary>The one list of modules, in the order in which they may know of each other.</summary>
internal static class Modules
{
    /// <summary>All modules.</summary>
    public static IReadOnlyList<IModule> All { get; } =
    [
        new AccountsModule(),
        new BillingModule(),
        new LibraryModule(),
        new VoicesModule(),
        new JobsModule(),
        new ActivityModule(),
    ];
}
