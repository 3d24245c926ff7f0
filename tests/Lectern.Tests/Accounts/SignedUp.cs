using System.Net;
using System.Text.Json.Nodes;
using Lectern.Accounts.Passwords;
using Lectern.Tests.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Accounts;

/// <summary>People for tests that are not about signing up.</summary>
internal static class SignedUp
{
    public const string Password = "three tall ships";

    /// <summary>The real format with one round, for tests that are not about its cost.</summary>
    public static void QuickPasswords(IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton(new PasswordHashing(new QuickHasher(), 4, 1000)));

    /// <summary>The tokens of a new person.</summary>
    public static async Task<JsonNode> TokensAsync(ApiHost api, string? email = null)
    {
        var answer = await api.PostAsync(
            "/auth/signup",
            new { email = email ?? $"{Guid.NewGuid():n}@example.com", password = Password }
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (await answer.JsonAsync())["tokens"]!;
    }

    /// <summary>A second session of the person that these tokens are for.</summary>
    public static async Task<JsonNode> LogInAsync(ApiHost api, JsonNode tokens)
    {
        var me = await (await api.GetAsync("/me", tokens["accessToken"]!.GetValue<string>())).JsonAsync();
        var answer = await api.PostAsync(
            "/auth/login",
            new { email = me["email"]!.GetValue<string>(), password = Password }
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    private sealed class QuickHasher()
        : PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = 1 }));
}
