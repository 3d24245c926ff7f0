using Lectern.Jobs.Audio;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Providers;

namespace Lectern.Tests.Jobs.Audio;

public class LoudnessTests
{
    private static readonly int Ceiling = (int)(Math.Pow(10, Loudness.CeilingDb / 20) * short.MaxValue) + 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Below_the_ceiling_the_gain_is_all_that_happens()
    {
        var tone = Sound.Tone(1, 5_000);
        var louder = Leveled(tone.Samples.Span, 6, tone.Rate);
        for (var i = 0; i < louder.Length; i++)
            louder[i]
                .ShouldBeInRange(
                    (short)(tone.Samples.Span[i] * 1.9953 - 1),
                    (short)(tone.Samples.Span[i] * 1.9953 + 1)
                );
    }

    [Fact]
    public void No_peak_passes_the_ceiling()
    {
        var random = new Random(4);
        for (var round = 0; round < 50; round++)
        {
            var samples = new short[random.Next(1, 4_000)];
            foreach (ref var sample in samples.AsSpan())
                sample = (short)(random.Next(short.MinValue, short.MaxValue + 1) >> random.Next(8));
            Sound.Peak(Leveled(samples, random.Next(-10, 25), 16_000)).ShouldBeLessThanOrEqualTo(Ceiling);
        }
    }

    [Fact]
    public void A_peak_is_turned_down_without_a_step_and_what_is_far_from_it_is_left_alone()
    {
        var samples = Sound.Tone(1, 8_000).Samples.ToArray();
        for (var i = 8_000; i < 8_100; i++)
            samples[i] = (short)(samples[i] * 4);
        var limited = Leveled(samples, 0, 16_000);

        Sound.Peak(limited).ShouldBeLessThanOrEqualTo(Ceiling);
        limited.AsSpan(0, 7_800).SequenceEqual(samples.AsSpan(0, 7_800)).ShouldBeTrue();
        limited.AsSpan(8_300).SequenceEqual(samples.AsSpan(8_300)).ShouldBeTrue();
        for (var i = 7_801; i < 8_300; i++) // the gain moves by less than a fiftieth from one sample to the next
            if (Math.Abs((int)samples[i]) > 2_000 && Math.Abs((int)samples[i - 1]) > 2_000)
                ((double)limited[i] / samples[i] - (double)limited[i - 1] / samples[i - 1]).ShouldBe(0, 0.02);
    }

    [Fact]
    public void Silence_and_nothing_stay_what_they_are()
    {
        Leveled([], 12, 16_000).ShouldBeEmpty();
        Leveled(new short[100], 12, 16_000).ShouldAllBe(sample => sample == 0);
    }

    [Theory]
    [InlineData("slt")]
    [InlineData("rms")]
    [InlineData("awb")]
    [InlineData("gmw/en-US")]
    public async Task A_calibrated_voice_lands_in_the_band_of_audiobook_shops(string voice)
    {
        var options = new LocalEngineOptions();
        ISpeechEngine engine = voice.Contains('/') ? new EspeakNgEngine(options) : new FliteEngine(options);
        var calibration = new Calibration(Sound.Ffmpeg);
        var gain = await GainAsync();

        const string another =
            "She had been forced into prudence in her youth, she learned romance as she grew older: the natural sequel of "
            + "an unnatural beginning. How eloquent could Anne Elliot have been!";
        var spoken = await engine.SpeakAsync(new SpeechRequest(another, voice), Token);
        var leveled = Leveled(spoken.Samples.Span, gain, spoken.Rate);

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{voice}: gain {gain:0.0} dB, RMS {Sound.Decibels(Sound.Rms(leveled)):0.0} dB"
        );
        Sound.Decibels(Sound.Rms(leveled)).ShouldBeInRange(-23, -18);
        Sound.Decibels(Sound.Peak(leveled)).ShouldBeLessThanOrEqualTo(Loudness.CeilingDb + 0.01);
        (await Sound.Ffmpeg.LoudnessAsync(new Pcm(leveled, spoken.Rate), Token)).ShouldBe(Loudness.TargetLufs, 1.5);
        (await GainAsync()).ShouldBe(gain);

        async Task<double> GainAsync() =>
            await calibration.GainAsync(
                voice,
                await engine.SpeakAsync(new SpeechRequest(Calibration.Text, voice), Token),
                Token
            );
    }

    [Fact]
    public async Task A_voice_that_can_not_be_heard_has_no_gain()
    {
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            new Calibration(Sound.Ffmpeg).GainAsync("mute", new Pcm(new short[160_000], 16_000), Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.BadAnswer);
    }

    private static short[] Leveled(ReadOnlySpan<short> samples, double gainDb, int rate)
    {
        var result = new short[samples.Length];
        Loudness.Apply(samples, gainDb, rate, result);
        return result;
    }
}
