using System.Globalization;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Accounts.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Billing;

/// <summary>What tests over HTTP ask about money.</summary>
internal static class BooksOf
{
    /// <summary>What every account begins with.</summary>
    public const decimal SignUp = 20;

    /// <summary>The available credits beyond those of the sign-up.</summary>
    public static async Task<decimal> GainedAsync(this Somebody somebody)
    {
        var credits = (string)(await somebody.JsonAsync("/credits"))["available"]!;
        return decimal.Parse(credits, CultureInfo.InvariantCulture) - SignUp;
    }

    /// <summary>Kind, change and reason of each entry, newest first.</summary>
    public static async Task<List<string>> LedgerAsync(this Somebody somebody) =>
        [
            .. (await somebody.JsonAsync("/credits/ledger"))["items"]!
                .AsArray()
                .Select(entry => $"{entry!["kind"]} {entry["posted"]} {entry["reason"]}"),
        ];

    /// <summary>Nothing that `lectern audit` looks at is wrong.</summary>
    public static async Task ShouldAddUpAsync(this WorkspacesHost host)
    {
        foreach (var check in host.Api.Services.GetServices<IAuditCheck>())
            (await check.FindBreachesAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty(check.Name);
    }
}
