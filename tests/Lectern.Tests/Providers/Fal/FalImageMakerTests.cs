using Lectern.Providers;

namespace Lectern.Tests.Providers.Fal;

public class FalImageMakerTests
{
    private const string Key = "fal-canary-51f2";

    private static readonly ImageRequest Cat = new("A cat", 1024, 768);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_requests_are_those_that_are_documented()
    {
        await using var vendor = await FakeVendor.StartAsync(FalVendor.Answer());

        var image = await FalVendor.Maker(vendor.Url).MakeAsync(Cat with { Seed = 42 }, Context(), Token);

        image.ContentType.ShouldBe("image/png");
        image.Bytes.ToArray().ShouldBe(Convert.FromBase64String(FalVendor.Pixel));
        vendor
            .Requests.Select(r => r.Method + " " + r.Path)
            .ShouldBe([
                "POST /fal-ai/flux/schnell",
                $"GET /fal-ai/flux/requests/{FalVendor.Id}/status",
                $"GET /fal-ai/flux/requests/{FalVendor.Id}",
            ]);
        vendor.Requests.ShouldAllBe(r => r.Headers["Authorization"] == "Key " + Key);
        vendor
            .Requests[0]
            .Text.ShouldBe(
                """{"prompt":"A cat","image_size":{"width":1024,"height":768},"seed":42,"num_images":1,"enable_safety_checker":true,"sync_mode":true}"""
            );
    }

    [Fact]
    public async Task It_asks_less_and_less_often()
    {
        var waiting = Enumerable.Repeat(Answers.Json(FalVendor.Waiting, 202), 4);
        var working = Enumerable.Repeat(Answers.Json(FalVendor.Working, 202), 4);
        await using var vendor = await FakeVendor.StartAsync(
            FalVendor.Answer(status: Answers.InTurn([.. waiting, .. working, Answers.Json(FalVendor.Completed)]))
        );
        var clock = new EagerClock();

        await FalVendor.Maker(vendor.Url, clock).MakeAsync(Cat, Context(), Token);

        clock.Waits.Count.ShouldBe(8);
        clock.Waits[0].ShouldBe(TimeSpan.FromSeconds(0.5));
        clock.Waits[1].ShouldBe(TimeSpan.FromSeconds(0.75));
        clock.Waits.ShouldBe(clock.Waits.Order());
        clock.Waits[^1].ShouldBe(TimeSpan.FromSeconds(5));
        vendor.Requests.Count.ShouldBe(11);
    }

    [Theory]
    [InlineData("http://169.254.169.254/")]
    [InlineData("https://queue.fal.run.evil.example/")]
    [InlineData("http://someone@")]
    public async Task The_key_goes_to_no_other_host(string host)
    {
        await using var vendor = await FakeVendor.StartAsync();
        var elsewhere = host.EndsWith('@') ? host + vendor.Url.Authority + "/" : host;
        vendor.Answer = FalVendor.Answer(submit: Answers.Json(FalVendor.Queued(elsewhere)));

        (await FalVendor.Maker(vendor.Url).MakeAsync(Cat, Context(), Token)).IsWhole.ShouldBeTrue();
        vendor.Requests[^1].Path.ShouldBe($"/fal-ai/flux/requests/{FalVendor.Id}");
    }

    [Fact]
    public async Task Work_that_nobody_waits_for_is_cancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var vendor = await FakeVendor.StartAsync(
            FalVendor.Answer(status: async context =>
            {
                await Answers.Json(FalVendor.Working, 202)(context);
                await cancel.CancelAsync();
            })
        );

        var cancelled = await Should.ThrowAsync<OperationCanceledException>(() =>
            FalVendor.Maker(vendor.Url).MakeAsync(Cat, Context(), cancel.Token)
        );

        cancelled.CancellationToken.IsCancellationRequested.ShouldBeTrue();
        var last = vendor.Requests[^1];
        (last.Method + " " + last.Path).ShouldBe($"PUT /fal-ai/flux/requests/{FalVendor.Id}/cancel");
        last.Headers["Authorization"].ShouldBe("Key " + Key);
    }

    [Theory]
    [InlineData(400)] // ALREADY_COMPLETED
    [InlineData(503)]
    public async Task A_cancellation_that_fails_is_a_cancellation_all_the_same(int status)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var vendor = await FakeVendor.StartAsync(
            FalVendor.Answer(
                status: async context =>
                {
                    await Answers.Json(FalVendor.Working, 202)(context);
                    await cancel.CancelAsync();
                },
                cancel: status == 503 ? Answers.Reset : Answers.Json("""{"status":"ALREADY_COMPLETED"}""", status)
            )
        );
        await Should.ThrowAsync<OperationCanceledException>(() =>
            FalVendor.Maker(vendor.Url).MakeAsync(Cat, Context(), cancel.Token)
        );
    }

    [Fact]
    public async Task Without_a_key_nothing_is_asked()
    {
        await using var vendor = await FakeVendor.StartAsync();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            FalVendor.Maker(vendor.Url).MakeAsync(Cat, CallContext.WithoutKey(Guid.NewGuid()), Token)
        );
        var inspection = await FalVendor.Maker(vendor.Url).InspectAsync(null, Token);

        failed.Failure.ShouldBe(ProviderFailure.KeyRefused);
        inspection.Unavailable!.ShouldContain("Lectern__Providers__FalKey");
        inspection.Models.ShouldHaveSingleItem().Id.ShouldBe("fal-ai/flux/schnell");
        vendor.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_description_that_is_too_long_is_not_sent()
    {
        await using var vendor = await FakeVendor.StartAsync();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            FalVendor.Maker(vendor.Url).MakeAsync(Cat with { Prompt = new string('a', 2_001) }, Context(), Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        vendor.Requests.ShouldBeEmpty();
    }

    // https://docs.fal.ai/platform-apis/v1/models/pricing
    [Theory]
    [InlineData(200, null)]
    [InlineData(401, "refuses the key")]
    [InlineData(404, "Lectern__Providers__FalImageModel")]
    public async Task The_key_is_tried_on_the_price_of_the_model(int status, string? reason)
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json("""{"prices":[]}""", status));
        var inspection = await FalVendor.Maker(vendor.Url).InspectAsync(Key, Token);
        if (reason is null)
            inspection.Unavailable.ShouldBeNull();
        else
            inspection.Unavailable!.ShouldContain(reason);
        var request = vendor.Requests.ShouldHaveSingleItem();
        request.Path.ShouldBe("/models/pricing?endpoint_id=fal-ai%2Fflux%2Fschnell");
        request.Headers["Authorization"].ShouldBe("Key " + Key);
    }

    [Fact]
    public async Task A_vendor_that_is_down_leaves_what_was_known()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Status(500));
        (
            await Should.ThrowAsync<ProviderException>(() => FalVendor.Maker(vendor.Url).InspectAsync(Key, Token))
        ).Failure.ShouldBe(ProviderFailure.Outage);
    }

    private static CallContext Context() => new(Key, Guid.NewGuid());
}
