using System.Text;
using Lectern.Providers;
using Microsoft.AspNetCore.Http;

namespace Lectern.Tests.Providers.Fal;

/// <summary>
/// Three requests make one picture; each may fail. The error bodies: https://docs.fal.ai/model-apis/errors (a model's)
/// and https://docs.fal.ai/documentation/model-apis/request-errors (the platform's).
/// </summary>
public abstract class FalFaults : VendorFaults
{
    protected override string GoodType => "application/json";

    protected override TimeSpan Deadline => TimeSpan.FromSeconds(3);

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        FalVendor.Maker(vendor).MakeAsync(new ImageRequest("A cat", 1024, 768), context, cancel);

    [Theory]
    [InlineData(422, "content_policy_violation", null, ProviderFailure.ContentRefused)]
    [InlineData(500, "internal_server_error", null, ProviderFailure.Outage)]
    [InlineData(500, "internal_server_error", "true", ProviderFailure.Outage)]
    [InlineData(500, "internal_server_error", "false", ProviderFailure.BadInput)]
    [InlineData(504, "generation_timeout", null, ProviderFailure.UnknownOutcome)]
    [InlineData(400, "downstream_service_error", null, ProviderFailure.Outage)]
    [InlineData(500, "downstream_service_unavailable", "true", ProviderFailure.Busy)]
    [InlineData(422, "no_media_generated", null, ProviderFailure.BadAnswer)]
    [InlineData(422, "image_too_large", null, ProviderFailure.BadInput)]
    [InlineData(422, "sequence_too_long", null, ProviderFailure.BadInput)]
    [InlineData(422, "less_than_equal", "false", ProviderFailure.BadInput)]
    [InlineData(422, "one_of", "true", ProviderFailure.Busy)]
    [InlineData(422, "value_error.missing", null, ProviderFailure.BadInput)]
    public async Task The_type_of_a_models_error_decides(
        int status,
        string type,
        string? retryable,
        ProviderFailure failure
    )
    {
        var body = $$"""
            {"detail":[{"loc":["body","prompt"],"msg":"Not with {{Key}}.","type":"{{type}}",
            "url":"https://docs.fal.ai/errors#{{type}}","ctx":{},"input":"A cat"}]}
            """;
        (string, string)[] headers = retryable is null ? [] : [("X-Fal-Retryable", retryable)];
        (await FailAsync(Answers.Json(body, status, headers))).Failure.ShouldBe(failure);
    }

    [Theory]
    [InlineData(504, "request_timeout", ProviderFailure.UnknownOutcome)]
    [InlineData(504, "startup_timeout", ProviderFailure.Busy)]
    [InlineData(503, "runner_scheduling_failure", ProviderFailure.Busy)]
    [InlineData(503, "runner_connection_timeout", ProviderFailure.Outage)]
    [InlineData(503, "runner_disconnected", ProviderFailure.UnknownOutcome)]
    [InlineData(503, "runner_connection_refused", ProviderFailure.Outage)]
    [InlineData(503, "runner_connection_error", ProviderFailure.Outage)]
    [InlineData(502, "runner_incomplete_response", ProviderFailure.Outage)]
    [InlineData(500, "runner_server_error", ProviderFailure.Outage)]
    [InlineData(499, "client_disconnected", ProviderFailure.UnknownOutcome)]
    [InlineData(499, "client_cancelled", ProviderFailure.UnknownOutcome)]
    [InlineData(400, "bad_request", ProviderFailure.BadInput)]
    [InlineData(500, "internal_error", ProviderFailure.Outage)]
    public async Task The_type_of_the_platforms_error_decides(int status, string type, ProviderFailure failure)
    {
        var body = $$"""{"detail":"Not with {{Key}}.","error_type":"{{type}}"}""";
        (await FailAsync(Answers.Json(body, status, ("X-Fal-Error-Type", type)))).Failure.ShouldBe(failure);
    }

    [Theory]
    [InlineData(
        403,
        """{"detail":"User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."}""",
        ProviderFailure.QuotaExhausted
    )]
    [InlineData(
        401,
        """{"detail":"Authentication is required to access this application."}""",
        ProviderFailure.KeyRefused
    )]
    [InlineData(404, """{"detail":"Application not found"}""", ProviderFailure.BadInput)]
    [InlineData(422, """{"detail":[]}""", ProviderFailure.BadInput)]
    [InlineData(422, """{"detail":["?"]}""", ProviderFailure.BadInput)]
    public async Task An_error_without_a_type_means_what_its_status_says(
        int status,
        string body,
        ProviderFailure failure
    ) => (await FailAsync(Answers.Json(body, status))).Failure.ShouldBe(failure);
}

public class FalSubmitTests : FalFaults
{
    // Without addresses: they are made from the id.
    protected override byte[] GoodBody => Encoding.UTF8.GetBytes($$"""{"request_id":"{{FalVendor.Id}}"}""");

    protected override RequestDelegate Vendor(RequestDelegate answer) => FalVendor.Answer(submit: answer);

    [Theory]
    [InlineData("")]
    [InlineData("../../users")]
    [InlineData("a b")]
    public async Task A_submission_without_a_usable_id_is_none(string id) =>
        (await FailAsync(Answers.Json($$"""{"request_id":"{{id}}"}"""))).Failure.ShouldBe(ProviderFailure.BadAnswer);
}

public class FalStatusTests : FalFaults
{
    protected override byte[] GoodBody => Encoding.UTF8.GetBytes(FalVendor.Completed);

    protected override int Asked => 2;

    protected override int AskedByTheDeadline => 3;

    protected override RequestDelegate Vendor(RequestDelegate answer) => FalVendor.Answer(status: answer);

    [Fact]
    public async Task A_state_that_nobody_knows_is_none() =>
        (await FailAsync(Answers.Json("""{"status":"LOST"}"""))).Failure.ShouldBe(ProviderFailure.BadAnswer);
}

public class FalResponseTests : FalFaults
{
    protected override byte[] GoodBody => Encoding.UTF8.GetBytes(FalVendor.Made);

    protected override int Asked => 3;

    protected override int AskedByTheDeadline => 4;

    protected override RequestDelegate Vendor(RequestDelegate answer) => FalVendor.Answer(response: answer);

    [Fact]
    public async Task A_picture_that_is_withheld_is_a_refusal() =>
        (
            await FailAsync(Answers.Json(FalVendor.Images($"data:image/png;base64,{FalVendor.Pixel}", withheld: true)))
        ).Failure.ShouldBe(ProviderFailure.ContentRefused);

    [Theory]
    [InlineData("https://v3.fal.media/files/lion/a.png")] // of a model without sync_mode: nothing is fetched
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ")] // cut in half
    [InlineData("data:image/png;base64,iVBORw0KGgo")]
    [InlineData("data:image/png,iVBORw0KGgo=")]
    [InlineData("data:text/html;base64,PGh0bWw+")]
    [InlineData("data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=")]
    public async Task A_picture_that_is_not_whole_in_the_answer_is_none(string url) =>
        (await FailAsync(Answers.Json(FalVendor.Images(url)))).Failure.ShouldBe(ProviderFailure.BadAnswer);

    [Theory]
    [InlineData("""{"images":[]}""")]
    [InlineData("""{"images":[null],"has_nsfw_concepts":[null]}""")]
    [InlineData("""{"images":[{"url":null}],"has_nsfw_concepts":null}""")]
    public async Task No_picture_at_all_is_none(string body) =>
        (await FailAsync(Answers.Json(body))).Failure.ShouldBe(ProviderFailure.BadAnswer);
}
