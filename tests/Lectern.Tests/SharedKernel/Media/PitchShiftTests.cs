using Lectern.SharedKernel.Media;
using Lectern.Tests.Voices.Characters;

namespace Lectern.Tests.SharedKernel.Media;

/// <summary>With the real ffmpeg, on flite's voices.</summary>
public sealed class PitchShiftTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rms", "slt")]
    [InlineData("slt", "rms")]
    public async Task A_voice_is_moved_to_where_another_is_at_the_same_pace(string from, string to)
    {
        var (spoken, target) = (await Recordings.OfAsync(from), Median(await Recordings.OfAsync(to)));

        var moved = await new PitchShift(Recordings.Ffmpeg).ApplyAsync(
            spoken,
            PitchShift.Semitones(Median(spoken), target),
            Cancel
        );

        Median(moved).ShouldBe(target, target * 0.08);
        moved.Rate.ShouldBe(spoken.Rate);
        moved.Duration.TotalSeconds.ShouldBe(spoken.Duration.TotalSeconds, 0.2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_done_with_and_without_rubberband(bool rubberband)
    {
        var spoken = await Recordings.OfAsync("rms");

        var moved = await new PitchShift(Recordings.Ffmpeg).ApplyAsync(spoken, 5, rubberband, Cancel);

        Median(moved).ShouldBe(Median(spoken) * Math.Pow(2, 5 / 12.0), Median(spoken) * 0.1);
        moved.Duration.TotalSeconds.ShouldBe(spoken.Duration.TotalSeconds, 0.2);
    }

    [Fact]
    public async Task Without_a_distance_nothing_is_touched()
    {
        var spoken = await Recordings.OfAsync("rms");

        (await new PitchShift(Recordings.Ffmpeg).ApplyAsync(spoken, 0, Cancel)).ShouldBeSameAs(spoken);
    }

    [Theory]
    [InlineData(100, 200, 12)]
    [InlineData(200, 100, -12)]
    [InlineData(100, 100, 0)]
    [InlineData(100, 112.25, 2)]
    [InlineData(80, 900, 12)]
    public void Distances_are_semitones_within_an_octave(double from, double to, double semitones) =>
        PitchShift.Semitones(from, to).ShouldBe(semitones, 0.05);

    private static double Median(Pcm audio) => Pitch.Measure(audio).ShouldNotBeNull().Median;
}
