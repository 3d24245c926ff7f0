using System.Text;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;
using Lectern.Voices.Characters;
using Lectern.Voices.Characters.Samples;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Voices.Characters;

/// <summary>With the real ffmpeg, on real speech that was spoiled.</summary>
public sealed class SampleReaderTests
{
    private static readonly SampleReader Reader = new(Recordings.Ffmpeg, Options.Create(new CharactersSettings()));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("wav")]
    [InlineData("mp3")]
    [InlineData("flac")]
    [InlineData("ogg")]
    [InlineData("m4a")]
    public async Task Each_kind_is_read_described_and_normalised(string kind)
    {
        var spoken = await Recordings.OfAsync("slt");
        var file = kind == "wav" ? Wav.Write(spoken) : await Recordings.AsAsync(spoken, kind);

        var sample = await GoodAsync(file);

        sample.Audio.Rate.ShouldBe(24_000);
        sample.Audio.Duration.TotalSeconds.ShouldBe(spoken.Duration.TotalSeconds, 0.15);
        (sample.Description.DurationMs / 1000.0).ShouldBe(spoken.Duration.TotalSeconds, 0.15);
        sample.Description.Pitch.ShouldNotBeNull().Median.ShouldBeInRange(150, 220);
        sample.Description.LevelDb.ShouldBeInRange(-35, -10);
        sample.Description.PeakDb.ShouldBeGreaterThan(sample.Description.LevelDb);
        sample.Description.FloorDb.ShouldBeLessThan(sample.Description.LevelDb - 20);
        sample.Description.ClippedShare.ShouldBe(0);
        (await Recordings.Ffmpeg.LoudnessAsync(sample.Audio, Cancel)).ShouldBe(SampleReader.TargetLufs, 1);
    }

    [Fact]
    public async Task A_quiet_recording_becomes_as_loud_as_a_loud_one_and_its_description_says_that_it_was_quiet()
    {
        var spoken = await Recordings.OfAsync("rms");
        var loud = await GoodAsync(Wav.Write(spoken));
        var quiet = await GoodAsync(Wav.Write(Recordings.Louder(spoken, 0.1)));

        (quiet.Description.LevelDb - loud.Description.LevelDb).ShouldBe(-20, 0.3);
        var (here, there) = (
            await Recordings.Ffmpeg.LoudnessAsync(quiet.Audio, Cancel),
            await Recordings.Ffmpeg.LoudnessAsync(loud.Audio, Cancel)
        );
        here.ShouldBe(there, 0.5);
    }

    [Fact]
    public async Task What_could_be_better_is_a_warning()
    {
        var spoken = await Recordings.OfAsync("slt");

        Warnings(await GoodAsync(Wav.Write(spoken))).ShouldBeEmpty();
        Warnings(await GoodAsync(Wav.Write(Recordings.WithNoise(spoken, 4_000)))).ShouldBe(["noisy"]);
        Warnings(await GoodAsync(Wav.Write(Recordings.Cut(spoken, 4)))).ShouldContain("short");
        Warnings(await GoodAsync(Wav.Write(Recordings.WithNoise(new Pcm(new short[200_000], 16_000), 8_000))))
            .ShouldBe(["noisy", "no_pitch"]);
    }

    [Fact]
    public async Task What_is_no_sound_file_is_refused()
    {
        (await RefusalAsync("""{"error":"quota"}"""u8.ToArray())).ShouldBe("sample-not-audio");
        (await RefusalAsync([])).ShouldBe("sample-not-audio");
        (await RefusalAsync([0xFF, 0xFB, 1, 2, 3])).ShouldBe("sample-not-audio");
        (await RefusalAsync([.. "RIFF"u8, 4, 0, 0, 0, .. "WAVE"u8])).ShouldBe("sample-not-audio");
    }

    /// <summary>ffmpeg would read the files that a playlist names, whatever the playlist itself is called.</summary>
    [Fact]
    public async Task A_playlist_is_not_followed()
    {
        using var folder = new PrivateDirectory();
        var secret = folder.File("secret.wav");
        await File.WriteAllBytesAsync(secret, await Recordings.WavAsync(), Cancel);
        foreach (
            var list in (string[])
                [
                    $"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
                    $"ffconcat version 1.0\nfile '{secret}'\n",
                    $"ID3#EXTM3U\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
                ]
        )
            (await RefusalAsync(Encoding.UTF8.GetBytes(list))).ShouldBe("sample-not-audio");
    }

    [Theory]
    [InlineData("wav", "sample-truncated")]
    [InlineData("mp3", "sample-truncated")]
    [InlineData("flac", "sample-truncated")]
    [InlineData("ogg", "sample-truncated")]
    [InlineData("m4a", "sample-truncated")]
    public async Task What_was_cut_off_is_refused(string kind, string refusal)
    {
        var spoken = await Recordings.OfAsync("slt");
        var file = kind == "wav" ? Wav.Write(spoken) : await Recordings.AsAsync(spoken, kind);

        (await RefusalAsync(file[..(file.Length * 6 / 10)])).ShouldBe(refusal);
    }

    [Fact]
    public async Task Length_level_and_clipping_have_limits()
    {
        var spoken = await Recordings.OfAsync("rms");

        (await RefusalAsync(Wav.Write(Recordings.Cut(spoken, 2.9)))).ShouldBe("sample-too-short");
        (await RefusalAsync(Wav.Write(Recordings.Tone(200, 301, 8_000)))).ShouldBe("sample-too-long");
        (await RefusalAsync(Wav.Write(new Pcm(new short[80_000], 16_000)))).ShouldBe("sample-silent");
        (await RefusalAsync(Wav.Write(Recordings.WithNoise(new Pcm(new short[80_000], 16_000), 20)))).ShouldBe(
            "sample-silent"
        );
        (await RefusalAsync(Wav.Write(Recordings.Louder(spoken, 20)))).ShouldBe("sample-clipped");
    }

    private static IReadOnlyList<string> Warnings(CheckedSample sample) => SampleView.Of(sample.Description).Warnings;

    private static async Task<CheckedSample> GoodAsync(byte[] file)
    {
        var (sample, refusal) = await ReadAsync(file);
        refusal?.Detail.ShouldBeNull();
        return sample.ShouldNotBeNull();
    }

    private static async Task<string> RefusalAsync(byte[] file)
    {
        var (sample, refusal) = await ReadAsync(file);
        sample.ShouldBeNull();
        refusal.ShouldNotBeNull().Errors.ShouldHaveSingleItem().Pointer.ShouldBe("sample");
        return refusal.Type.Name;
    }

    private static async Task<(CheckedSample? Sample, Lectern.SharedKernel.Problem? Refusal)> ReadAsync(byte[] file)
    {
        using var folder = new PrivateDirectory();
        await File.WriteAllBytesAsync(folder.File("sample"), file, Cancel);
        return await Reader.ReadAsync(folder.File("sample"), Cancel);
    }
}
