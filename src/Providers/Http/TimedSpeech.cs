using Lectern.SharedKernel.Media;

namespace Lectern.Providers.Http;

/// <summary>
/// Speech of a vendor that says when each word is spoken. Raw samples, and WAV files whose writer did not know their
/// length, look whole when they are cut in half; their words tell.
/// </summary>
internal static class TimedSpeech
{
    // The last word's end is where the aligner heard it, not where the file stops.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(0.5);

    /// <exception cref="ProviderException">The audio ends before its words do.</exception>
    public static Speech Of(VendorAnswer answer, Pcm audio, IReadOnlyList<TimedWord> words, TimeSpan end) =>
        audio.Duration + Tolerance >= end
            ? new Speech(audio) { Words = words }
            : throw answer.Fail(
                ProviderFailure.BadAnswer,
                $"The audio lasts {audio.Duration.TotalSeconds:0.00} s, its last word to {end.TotalSeconds:0.00} s."
            );
}
