using System.Text;
using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.OpenAi;

namespace Lectern.Tests.Providers.OpenAi;

/// <summary>https://github.com/openai/openai-openapi/blob/main/openapi.yaml, <c>POST /images/generations</c>.</summary>
public sealed class OpenAiImageMakerTests : VendorFaults, IDisposable
{
    // One transparent pixel.
    private const string Png =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private const string Good =
        $$$"""{"created":1713833628,"data":[{"b64_json":"{{{Png}}}"}],"background":"opaque","output_format":"png","size":"1024x1024","quality":"high","usage":{"total_tokens":100}}""";

    private readonly VendorHttp _http = new();

    protected override string GoodType => "application/json";

    protected override byte[] GoodBody => Encoding.UTF8.GetBytes(Good);

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        Engine(OpenAiServers.OpenAi(vendor)).MakeAsync(new ImageRequest("A bee.", 800, 800), context, cancel);

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task The_picture_comes_in_the_answer()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(Good));

        var image = await Engine(OpenAiServers.OpenAi(vendor.Url))
            .MakeAsync(new ImageRequest("A bee.", 1200, 630), Context(), Token);

        image.ContentType.ShouldBe("image/png");
        image.Bytes.ToArray().ShouldBe(Convert.FromBase64String(Png));
        var asked = vendor.Requests.ShouldHaveSingleItem();
        asked.Path.ShouldBe("/images/generations");
        asked.Text.ShouldBe("""{"model":"gpt-image-1","prompt":"A bee.","size":"1536x1024","n":1}""");
    }

    /// <summary>CreateImageRequest.response_format: not for the GPT image models, whose only form it is.</summary>
    [Theory]
    [InlineData(
        "dall-e-3",
        630,
        1200,
        """{"model":"dall-e-3","prompt":"A bee.","size":"1024x1792","n":1,"response_format":"b64_json"}"""
    )]
    [InlineData(
        "dall-e-2",
        630,
        1200,
        """{"model":"dall-e-2","prompt":"A bee.","size":"1024x1024","n":1,"response_format":"b64_json"}"""
    )]
    [InlineData("gpt-image-1.5", 100, 110, """{"model":"gpt-image-1.5","prompt":"A bee.","size":"1024x1024","n":1}""")]
    [InlineData("gpt-image-1.5", 2, 3, """{"model":"gpt-image-1.5","prompt":"A bee.","size":"1024x1536","n":1}""")]
    public async Task Each_model_is_asked_for_its_nearest_size_and_for_Base64(
        string model,
        int width,
        int height,
        string body
    )
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(Good));
        await Engine(OpenAiServers.OpenAi(vendor.Url, settings => settings.OpenAiImageModel = model))
            .MakeAsync(new ImageRequest("A bee.", width, height), Context(), Token);
        vendor.Requests.ShouldHaveSingleItem().Text.ShouldBe(body);
    }

    /// <summary>LocalAI: https://localai.io/features/image-generation.</summary>
    [Fact]
    public async Task Other_servers_are_asked_for_Base64()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(Good));
        await Engine(OpenAiServers.Compatible("localai", vendor.Url))
            .MakeAsync(new ImageRequest("A bee.", 512, 512), CallContext.WithoutKey(Guid.NewGuid()), Token);
        vendor.Requests.ShouldHaveSingleItem().Json().GetProperty("response_format").GetString().ShouldBe("b64_json");
    }

    [Fact]
    public async Task An_address_in_an_answer_is_not_fetched()
    {
        await using var trap = await FakeVendor.StartAsync(
            Answers.Bytes(200, "image/png", Convert.FromBase64String(Png))
        );

        var failed = await FailAsync(
            Answers.Json($$"""{"created":1,"data":[{"url":"{{trap.Url}}a.png","revised_prompt":"A bee."}]}""")
        );

        failed.Failure.ShouldBe(ProviderFailure.BadAnswer);
        trap.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"created":1,"data":[]}""")]
    [InlineData("""{"created":1}""")]
    [InlineData("""{"created":1,"data":[null]}""")]
    [InlineData("""{"created":1,"data":[{"b64_json":""}]}""")]
    [InlineData("""{"created":1,"data":[{"b64_json":"!!!!"}]}""")]
    [InlineData("""{"created":1,"data":[{"b64_json":"PHN2Zz48c2NyaXB0Lz48L3N2Zz4="}]}""")] // <svg><script/></svg>
    public async Task What_is_no_picture_is_no_answer(string body) =>
        (await FailAsync(Answers.Json(body))).Failure.ShouldBe(ProviderFailure.BadAnswer);

    [Theory]
    [InlineData("gpt-image-1", 32_000)]
    [InlineData("dall-e-3", 4_000)]
    [InlineData("dall-e-2", 1_000)]
    public async Task A_description_beyond_the_documented_length_is_not_sent(string model, int most)
    {
        await using var vendor = await FakeVendor.StartAsync();
        var engine = Engine(OpenAiServers.OpenAi(vendor.Url, settings => settings.OpenAiImageModel = model));
        engine.Limits.MaxCharacters.ShouldBe(most);

        var failed = await Should.ThrowAsync<ProviderException>(() =>
            engine.MakeAsync(new ImageRequest(new string('a', most + 1), 1, 1), Context(), Token)
        );

        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        vendor.Requests.ShouldBeEmpty();
    }

    private OpenAiImageMaker Engine(OpenAiServer server) => new(server, _http);
}
