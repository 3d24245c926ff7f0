using System.Net;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Billing.ProviderCalls;

/// <summary>Calls and charges of a few days, and somebody who may ask about them; nobody adds to them.</summary>
public sealed class MarginHost : IAsyncLifetime
{
    internal const string Password = "three tall ships sailed";

    private const string Email = "admin@example.com";

    internal ApiHost Api { get; private set; } = null!;

    internal string Token { get; private set; } = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Api = await ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule()],
            SignedUp.QuickPasswords,
            settings: new Dictionary<string, string?>
            {
                ["Lectern:Billing:Currency"] = "EUR",
                ["Lectern:Billing:CreditValue"] = "0.1",
                ["Lectern:Billing:ProviderCosts:Vendor:Provider"] = "vendor",
                ["Lectern:Billing:ProviderCosts:Vendor:Per"] = "1000",
                ["Lectern:Billing:ProviderCosts:Vendor:Cost"] = "0.015",
            }
        );
        await Api.PostAsync("/auth/signup", new { email = Email, password = Password });
        await ExecuteAsync("update accounts.people set platform_admin = true");
        var answer = await Api.PostAsync("/auth/login", new { email = Email, password = Password });
        var body = await answer.JsonAsync();
        Token = (string)(body["tokens"] ?? body)["accessToken"]!;
        await ExecuteAsync(
            """
            with calls as (
                insert into billing.provider_calls (id, started_at, provider, ability, model, unit, units)
                select gen_random_uuid(), at::timestamptz, provider, 'speech', 'a voice', 'character', 1000
                from (values
                    ('2026-03-01 23:59:59.999999+00', 'vendor'), -- the day before
                    ('2026-03-02 00:00:00+00', 'vendor'),
                    ('2026-03-03 01:30:00+02', 'vendor'), -- 23:30 of the second
                    ('2026-03-02 12:00:00+00', 'flite'),
                    ('2026-03-03 23:59:59.999999+00', 'vendor'),
                    ('2026-03-04 00:00:00+00', 'vendor')) v(at, provider)
                returning id, started_at, units)
            insert into billing.provider_call_ends (call_id, outcome, units)
            select id, case when started_at = '2026-03-02 00:00:00+00' then 'unknown' else 'succeeded' end, units
            from calls where started_at <> '2026-03-03 23:59:59.999999+00'; -- which is open

            insert into eventing.events (id, stream_id, version, type, data, workspace_id, actor, correlation_id, at)
            select gen_random_uuid(), gen_random_uuid(), 1, 'billing.credits_deducted.v1',
                jsonb_build_object('hold', gen_random_uuid(), 'job', gen_random_uuid(), 'kind', 'audiobook',
                    'held', 4000000, 'captured', captured, 'delivered',
                    jsonb_strip_nulls(jsonb_build_object('characters', 1, 'provider', provider))),
                gen_random_uuid(), 'system', gen_random_uuid(), at::timestamptz
            from (values (3000000, 'vendor', '2026-03-02 10:00:00+00'), (4000000, 'vendor', '2026-03-02 11:00:00+00'),
                (1000000, null, '2026-03-03 12:00:00+00'), (2000000, 'vendor', '2026-03-04 00:00:00+00'))
                v(captured, provider, at)
            """
        );
        await Api.Services.GetRequiredService<ProjectionRebuild>().RebuildAsync("billing.spend_by_day", Cancel);
    }

    public ValueTask DisposeAsync() => Api.DisposeAsync();

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Api.ConnectionString);
        await source.ExecuteAsync(sql);
    }
}

public sealed class MarginEndpointTests(MarginHost margins) : IClassFixture<MarginHost>
{
    private readonly ApiHost _api = margins.Api;
    private readonly string _token = margins.Token;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Costs_stand_beside_what_was_earned_by_day_and_provider()
    {
        var answer = await _api.GetAsync("/admin/credits/margin?from=2026-03-02&to=2026-03-03", _token);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var view = await answer.JsonAsync();
        ((string?)view["currency"], (string?)view["creditValue"]).ShouldBe(("EUR", "0.1"));
        view["total"]!
            .ToJsonString()
            .ShouldBe(
                """{"day":null,"provider":null,"calls":{"succeeded":2,"failed":0,"unknown":1,"open":1},"units":[{"ability":"speech","unit":"character","spent":2000,"possiblySpent":2000}],"cost":"0.015","possiblySpent":"0.03","credits":"8","value":"0.8","margin":"0.785","marginAtLeast":"0.755"}"""
            );
        view["providers"]!
            .AsArray()
            .Select(line => ((string?)line!["provider"], (string?)line["credits"], (string?)line["cost"]))
            .ShouldBe([(null, "1", "0"), ("flite", "0", "0"), ("vendor", "7", "0.015")]);
        view["days"]!
            .AsArray()
            .Select(line => $"{line!["day"]} {line["provider"]}: {line["margin"]}")
            .ShouldBe(["2026-03-02 flite: 0", "2026-03-02 vendor: 0.685", "2026-03-03 : 0.1", "2026-03-03 vendor: 0"]);
    }

    [Fact]
    public async Task The_days_are_to_be_had_as_CSV()
    {
        var answer = await _api.GetAsync("/admin/credits/margin?from=2026-03-02&to=2026-03-03&format=csv", _token);

        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8; header=present");
        answer.Content.Headers.ContentDisposition!.FileName.ShouldBe("margin-2026-03-02-2026-03-03.csv");
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe(
            """
            day,provider,callsSucceeded,callsFailed,callsUnknown,callsOpen,units,unitsPossiblySpent,currency,cost,possiblySpent,credits,value,margin,marginAtLeast
            2026-03-02,flite,1,0,0,0,speech:character=1000,speech:character=0,EUR,0,0,0,0,0,0
            2026-03-02,vendor,1,0,1,0,speech:character=1000,speech:character=1000,EUR,0.015,0.015,7,0.7,0.685,0.67
            2026-03-03,,0,0,0,0,,,EUR,0,0,1,0.1,0.1,0.1
            2026-03-03,vendor,0,0,0,1,speech:character=0,speech:character=1000,EUR,0,0.015,0,0,0,-0.015

            """.ReplaceLineEndings("\r\n")
        );
    }

    [Theory]
    [InlineData("from=2026-03-01&to=2026-04-01", "from", "must be at most 30 days before to")]
    [InlineData("from=2026-02-30", "from", "must be a day such as 2026-10-07")]
    [InlineData("format=xml", "format", "must be json or csv")]
    public async Task What_does_not_fit_is_refused(string query, string pointer, string detail)
    {
        var answer = await _api.GetAsync($"/admin/credits/margin?{query}", _token);

        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
        var error = (await answer.JsonAsync())["errors"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)error["pointer"], (string?)error["detail"]).ShouldBe((pointer, detail));
    }

    [Theory]
    [InlineData("from=9999-12-31&to=9999-12-31")]
    [InlineData("from=0001-01-01&to=0001-01-02")]
    public async Task Days_at_the_ends_of_the_calendar_have_nothing(string query)
    {
        var view = await (await _api.GetAsync($"/admin/credits/margin?{query}", _token)).JsonAsync();

        view["days"]!.AsArray().ShouldBeEmpty();
        view["total"]!["margin"]!.GetValue<string>().ShouldBe("0");
    }

    [Fact]
    public async Task An_admin_of_a_workspace_is_not_told()
    {
        var answer = await _api.PostAsync(
            "/auth/signup",
            new { email = "jane@example.com", password = MarginHost.Password }
        );
        var token = (string)(await answer.JsonAsync())["tokens"]!["accessToken"]!;

        (await (await _api.GetAsync("/admin/credits/margin", token)).RefusalAsync()).ShouldBe("403 forbidden");
    }
}
