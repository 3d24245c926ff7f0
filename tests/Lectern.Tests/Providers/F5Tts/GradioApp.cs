using System.Text;
using Lectern.Providers;
using Lectern.Providers.F5Tts;
using Lectern.Providers.Http;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Jobs.Audio;
using Microsoft.AspNetCore.Http;

namespace Lectern.Tests.Providers.F5Tts;

/// <summary>
/// What the Gradio app of F5-TTS answers: https://www.gradio.app/guides/querying-gradio-apps-with-curl,
/// https://github.com/gradio-app/gradio/blob/main/gradio/routes.py and data_classes.py (FileData),
/// https://github.com/SWivid/F5-TTS/blob/main/src/f5_tts/infer/infer_gradio.py (basic_tts).
/// </summary>
internal static class GradioApp
{
    public const string Upload = """["/tmp/gradio/0a1b2c/reference.wav"]""";

    public const string Call = """{"event_id":"fd5ffa4f0bd04bf4a32f0b59a8e9b3a1"}""";

    // The URL is one that must not be asked, though the app's own looks like this too.
    public const string Stream =
        "event: heartbeat\ndata: null\n\nevent: generating\ndata: null\n\nevent: complete\ndata: "
        + """
            [{"path": "/tmp/gradio/9f 8e/audio.wav", "url": "http://169.254.169.254/latest/audio.wav", "size": null, "orig_name": "audio.wav", "mime_type": null, "is_stream": false, "meta": {"_type": "gradio.FileData"}}, {"path": "/tmp/gradio/7d6c/image.webp"}, "Some call me nature.", 1234]
            """
        + "\n\n";

    public static byte[] File { get; } = Wav.Write(Sound.Tone(1.5, 8_000, 24_000));

    public static VoiceReference Reference { get; } = new(Sound.Tone(3, 8_000, 16_000), "Some call me nature.");

    public static VendorHttp Http { get; } = new();

    public static F5TtsSpeech Engine(Uri? app) =>
        new(new ProviderSettings { F5TtsUrl = app }, Http, new AudioAnswer(Sound.Ffmpeg));

    /// <summary>The app; what is given replaces its own answer.</summary>
    public static RequestDelegate Answer(
        RequestDelegate? upload = null,
        RequestDelegate? call = null,
        RequestDelegate? stream = null,
        RequestDelegate? file = null
    ) =>
        Answers.ByPath(
            ("POST /gradio_api/upload", upload ?? Answers.Json(Upload)),
            ("POST /gradio_api/call/basic_tts", call ?? Answers.Json(Call)),
            ("GET /gradio_api/call/basic_tts/fd5ffa4f0bd04bf4a32f0b59a8e9b3a1", stream ?? Events(Stream)),
            ("GET /gradio_api/file=", file ?? Answers.Bytes(200, "audio/x-wav", File))
        );

    public static RequestDelegate Events(string stream) =>
        Answers.Bytes(200, "text/event-stream", Encoding.UTF8.GetBytes(stream));
}
