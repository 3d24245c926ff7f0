using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Billing.TopUps;

/// <summary>A host that takes payments, and the provider that tells it of them.</summary>
public sealed class PaymentsHost : WorkspacesHost
{
    public const string Secret = "whsec_0123456789abcdef";
    public const string OldSecret = "whsec_fedcba9876543210";

    private readonly Errors _errors = new();

    protected override IReadOnlyDictionary<string, string?> Settings =>
        new Dictionary<string, string?>
        {
            ["Lectern:Billing:Payments:SigningSecrets:0"] = Secret,
            ["Lectern:Billing:Payments:SigningSecrets:1"] = OldSecret,
            ["Lectern:Billing:Payments:Currencies:usd:CreditsPerUnit"] = "0.01",
            ["Lectern:Billing:Payments:Currencies:JPY:CreditsPerUnit"] = "1.25",
        };

    /// <summary>What was logged as an error.</summary>
    public IReadOnlyCollection<string> Logged => _errors.Lines;

    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        services.AddSingleton<ILoggerProvider>(_errors);
    }

    /// <summary>Delivers an event as the provider does.</summary>
    internal Task<HttpResponseMessage> DeliverAsync(string body) => PostAsync(Api, body, Sign(body));

    /// <summary>Delivers it and gives the outcome.</summary>
    internal async Task<string> OutcomeAsync(string body)
    {
        using var answer = await DeliverAsync(body);
        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        return (string)(await answer.JsonAsync())["outcome"]!;
    }

    internal static async Task<HttpResponseMessage> PostAsync(ApiHost api, string body, string? signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/payments/webhook")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (signature is not null)
            request.Headers.TryAddWithoutValidation("Stripe-Signature", signature).ShouldBeTrue();
        return await api.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The header, after the provider's documentation.</summary>
    internal static string Sign(string body, TimeSpan ago = default, string secret = Secret)
    {
        var time = (DateTimeOffset.UtcNow - ago).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}"));
        return $"t={time},v1={Convert.ToHexStringLower(mac)},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39";
    }

    internal static string NewSession() => $"cs_test_{Guid.NewGuid():n}";

    /// <summary>An event about a checkout session, with members that nobody here reads.</summary>
    internal static string Event(
        string session,
        string? workspace,
        string type = "checkout.session.completed",
        string status = "paid",
        string amount = "2000",
        string currency = "usd",
        string? metadata = null,
        string? id = null,
        bool livemode = true
    ) =>
        $$$"""
            {
              "id": "{{{id ?? $"evt_{Guid.NewGuid():n}"}}}", "object": "event", "api_version": "2026-03-25.dahlia",
              "created": 1766000000, "livemode": {{{(livemode ? "true" : "false")}}}, "pending_webhooks": 1, "request": { "id": null },
              "type": "{{{type}}}",
              "data": { "object": {
                "id": "{{{session}}}", "object": "checkout.session", "amount_subtotal": 1, "amount_total": {{{amount}}},
                "client_reference_id": {{{JsonSerializer.Serialize(workspace)}}}, "currency": "{{{currency}}}",
                "customer_details": { "email": "jane.payer@example.com", "name": "Jane Payer", "tax_ids": [] },
                "metadata": {{{metadata
                ?? "{}"}}}, "mode": "payment", "payment_status": "{{{status}}}", "status": "complete"
              } }
            }
            """;

    /// <summary>The payment of a session, as administrators see it.</summary>
    internal async Task<JsonNode?> FindAsync(Somebody admin, string session, string? outcome = null)
    {
        string? next = null;
        do
        {
            var query =
                $"?limit=200{(outcome is null ? "" : $"&outcome={outcome}")}{(next is null ? "" : $"&cursor={next}")}";
            var page = await admin.JsonAsync("/admin/payments" + query);
            if (
                page["items"]!.AsArray().FirstOrDefault(item => (string)item!["providerSession"]! == session) is
                { } found
            )
                return found;
            next = (string?)page["next"];
        } while (next is not null);
        return null;
    }

    private sealed class Errors : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
                _lines.Enqueue(formatter(state, exception));
        }

        public void Dispose() { }
    }
}
