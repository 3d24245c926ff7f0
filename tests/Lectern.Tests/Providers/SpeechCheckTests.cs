using Lectern.Providers;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Providers;

public class SpeechCheckTests
{
    private const string Sentence =
        "It is a truth universally acknowledged, that a single man must be in want of a wife.";

    [Theory]
    [InlineData(2, SpeechDefect.TooShort)]
    [InlineData(60, SpeechDefect.TooLong)]
    public void Audio_that_can_not_be_this_text_is_refused(double seconds, SpeechDefect defect) =>
        SpeechCheck.Inspect(Tone(seconds, 8_000), Sentence)!.Defect.ShouldBe(defect);

    [Fact]
    public void No_sample_at_all_is_too_short() =>
        SpeechCheck.Inspect(new Pcm(default, 16_000), "Hi.")!.Defect.ShouldBe(SpeechDefect.TooShort);

    [Fact]
    public void Silence_is_refused() =>
        SpeechCheck.Inspect(Tone(6, 100), Sentence)!.Defect.ShouldBe(SpeechDefect.Silent);

    [Fact]
    public void Clipped_audio_is_refused() =>
        SpeechCheck.Inspect(Tone(6, 60_000), Sentence)!.Defect.ShouldBe(SpeechDefect.Clipped);

    [Fact]
    public void Plausible_audio_passes() => SpeechCheck.Inspect(Tone(6, 8_000), Sentence).ShouldBeNull();

    [Fact]
    public void A_third_of_a_chunk_is_refused()
    {
        var text = string.Join(' ', Enumerable.Repeat(Sentence, 3));
        SpeechCheck.Inspect(Tone(6, 8_000), text)!.Defect.ShouldBe(SpeechDefect.TooShort);
    }

    private static Pcm Tone(double seconds, int peak)
    {
        var samples = new short[(int)(seconds * 16_000)];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)Math.Clamp(peak * Math.Sin(i * 0.1), short.MinValue, short.MaxValue);
        return new Pcm(samples, 16_000);
    }
}
