using Lectern.SharedKernel.Media;
using Lectern.Tests.Voices.Characters;

namespace Lectern.Tests.SharedKernel.Media;

/// <summary>On tones, whose pitch is known, and on flite's voices, whose gender is.</summary>
public sealed class PitchTests
{
    [Theory]
    [InlineData(70, 16_000)]
    [InlineData(110, 8_000)]
    [InlineData(131.3, 24_000)]
    [InlineData(220, 44_100)]
    [InlineData(440, 16_000)]
    public void A_tone_is_measured_to_half_a_percent(double hertz, int rate)
    {
        var range = Pitch.Measure(Recordings.Tone(hertz, 2, rate)).ShouldNotBeNull();

        range.Median.ShouldBe(hertz, hertz * 0.005);
        range.Low.ShouldBe(hertz, hertz * 0.005);
        range.High.ShouldBe(hertz, hertz * 0.005);
    }

    [Fact]
    public void Overtones_louder_than_the_fundamental_do_not_raise_it()
    {
        const int rate = 16_000;
        var samples = Enumerable
            .Range(0, 2 * rate)
            .Select(i => 2 * Math.PI * 120 * i / rate)
            .Select(phase =>
                (short)(2_000 * Math.Sin(phase) + 6_000 * Math.Sin(2 * phase) + 5_000 * Math.Sin(3 * phase))
            )
            .ToArray();

        Pitch.Measure(new Pcm(samples, rate)).ShouldNotBeNull().Median.ShouldBe(120, 1);
    }

    [Fact]
    public async Task A_womans_voice_is_found_where_womens_voices_are_and_a_mans_below()
    {
        var woman = Pitch.Measure(await Recordings.OfAsync("slt")).ShouldNotBeNull();
        var man = Pitch.Measure(await Recordings.OfAsync("rms")).ShouldNotBeNull();

        woman.Median.ShouldBeInRange(150, 220);
        man.Median.ShouldBeInRange(75, 130);
        woman.Low.ShouldBeLessThan(woman.Median);
        woman.High.ShouldBeGreaterThan(woman.Median);
        woman.High.ShouldBeLessThan(300); // no octave too high
        man.Low.ShouldBeGreaterThan(60); // and none too low
    }

    [Fact]
    public async Task Noise_beside_a_voice_hardly_moves_it()
    {
        var clean = await Recordings.OfAsync("slt");

        var noisy = Pitch.Measure(Recordings.WithNoise(clean, 300)).ShouldNotBeNull();

        noisy.Median.ShouldBe(Pitch.Measure(clean)!.Median, 5);
    }

    [Fact]
    public void Silence_noise_and_what_is_too_short_have_no_pitch()
    {
        Pitch.Measure(new Pcm(new short[32_000], 16_000)).ShouldBeNull();
        Pitch.Measure(Recordings.WithNoise(new Pcm(new short[32_000], 16_000), 8_000)).ShouldBeNull();
        Pitch.Measure(Recordings.Tone(200, 0.03)).ShouldBeNull();
        Pitch.Measure(new Pcm(Array.Empty<short>(), 16_000)).ShouldBeNull();
    }
}
