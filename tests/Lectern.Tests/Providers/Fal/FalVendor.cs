using Lectern.Providers;
using Lectern.Providers.Fal;
using Lectern.Providers.Http;
using Microsoft.AspNetCore.Http;

namespace Lectern.Tests.Providers.Fal;

/// <summary>
/// fal's answers: https://docs.fal.ai/model-apis/model-endpoints/queue, and the model's as in
/// https://github.com/fal-ai/fal-js/blob/main/libs/client/src/types/endpoints.ts (FluxSchnellOutput).
/// </summary>
internal static class FalVendor
{
    public const string Id = "80e732af-660e-45cd-bd63-580e4f2a94cc";

    public const string Completed =
        $$$"""{"status":"COMPLETED","request_id":"{{{Id}}}","logs":null,"metrics":{"inference_time":0.4}}""";

    public const string Waiting = $$"""{"status":"IN_QUEUE","request_id":"{{Id}}","queue_position":1}""";

    public const string Working = $$"""{"status":"IN_PROGRESS","request_id":"{{Id}}","logs":[]}""";

    // The smallest PNG file: one transparent pixel.
    public const string Pixel =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

    public static string Made { get; } = Images($"data:image/png;base64,{Pixel}");

    public static VendorHttp Http { get; } = new();

    public static string Images(string url, bool withheld = false) =>
        $$"""
            {"images":[{"url":"{{url}}","width":1024,"height":768,"content_type":"image/jpeg"}],"timings":{"inference":0.4},
            "seed":42,"has_nsfw_concepts":[{{(withheld ? "true" : "false")}}],"prompt":"A cat"}
            """;

    public static FalImageMaker Maker(Uri vendor, TimeProvider? time = null) =>
        new(new ProviderSettings { FalQueueUrl = vendor, FalUrl = vendor }, Http, time ?? TimeProvider.System);

    /// <summary>What a submission answers: the model's path goes without its last part.</summary>
    public static string Queued(string host) =>
        $$"""
            {"status":"IN_QUEUE","request_id":"{{Id}}",
            "response_url":"{{host}}fal-ai/flux/requests/{{Id}}",
            "status_url":"{{host}}fal-ai/flux/requests/{{Id}}/status",
            "cancel_url":"{{host}}fal-ai/flux/requests/{{Id}}/cancel","queue_position":0}
            """;

    /// <summary>fal; what is given replaces its own answer.</summary>
    public static RequestDelegate Answer(
        RequestDelegate? submit = null,
        RequestDelegate? status = null,
        RequestDelegate? response = null,
        RequestDelegate? cancel = null
    ) =>
        Answers.ByPath(
            (
                "POST /fal-ai/flux/schnell",
                submit ?? (context => Answers.Json(Queued($"http://{context.Request.Host}/"))(context))
            ),
            ($"GET /fal-ai/flux/requests/{Id}/status", status ?? Answers.Json(Completed)),
            ($"GET /fal-ai/flux/requests/{Id}", response ?? Answers.Json(Made)),
            (
                $"PUT /fal-ai/flux/requests/{Id}/cancel",
                cancel ?? Answers.Json("""{"status":"CANCELLATION_REQUESTED"}""", 202)
            )
        );
}
