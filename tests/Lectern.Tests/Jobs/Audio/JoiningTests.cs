using Lectern.Jobs.Audio;
using Lectern.Providers.Local;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;
using Lectern.Tests.Providers;

namespace Lectern.Tests.Jobs.Audio;

/// <summary>Segments are encoded one by one and joined; these tests decode the whole and look where everything is.</summary>
public class JoiningTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("m4b", null, 16_000)]
    [InlineData("m4b", 128, 22_050)]
    [InlineData("mp3", null, 16_000)]
    [InlineData("mp3", 64, 22_050)]
    [InlineData("wav", null, 16_000)]
    public async Task Forty_joined_segments_do_not_drift(string name, int? kbps, int rate)
    {
        using var directory = new PrivateDirectory();
        var format = AudioFormat.Find(name, kbps)!;
        var encoder = new SegmentEncoder(Sound.Ffmpeg);
        var random = new Random(40);
        var (segments, expected, start) = (new List<EncodedSegment>(), new List<double>(), 0L);
        for (var i = 0; i < 40; i++)
        {
            // Lengths that fit no frame, a burst somewhere in each.
            var length = random.Next(rate / 2, rate * 2);
            var at = random.Next(rate / 10, length - rate / 5);
            var chunk = new SegmentChunk(
                Sound.Burst(length, at, rate),
                TimeSpan.FromMilliseconds(random.Next(0, 300)),
                0
            );
            var segment = await encoder.EncodeAsync([chunk], format, Token);
            segments.Add(segment);
            var center = SegmentEncoder.Edge.TotalSeconds + (at + rate / 200.0) / rate;
            expected.Add(start + center * segment.Rate);
            start += segment.Samples;
        }
        var book = new Book("Drift", null, null, [new BookChapter("All", start)], format, segments[0].Rate);
        var path = directory.File("drift." + name);
        await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams(segments), path, Token);
        (await new Packaging(Sound.Ffmpeg).VerifyAsync(book, path, Token)).ShouldBeNull();

        var decoded = await Sound.DecodeAsync(path, Sound.Demuxer(format), Token);
        var reach = book.Rate / 20;
        var offsets = expected
            .Select(at => Sound.Center(decoded, (int)at - reach, (int)at + reach) - at)
            .Select(samples => samples * 1000 / book.Rate)
            .ToList();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{name} {kbps} {rate}: offset {offsets.Min():0.000} to {offsets.Max():0.000} ms, "
                + $"{decoded.Length - book.Samples} samples more than due, {start / (double)book.Rate:0.0} s"
        );
        (offsets.Max() - offsets.Min()).ShouldBeLessThan(1);
        offsets.ShouldAllBe(milliseconds => Math.Abs(milliseconds) < 2);
        (Math.Abs(decoded.Length - book.Samples) * 1000.0 / book.Rate).ShouldBeLessThanOrEqualTo(50);
    }

    [Theory]
    [InlineData("m4b")]
    [InlineData("mp3")]
    [InlineData("wav")]
    public async Task A_join_can_not_be_heard(string name)
    {
        using var directory = new PrivateDirectory();
        var format = AudioFormat.Find(name)!;
        var encoder = new SegmentEncoder(Sound.Ffmpeg);
        // A tone that begins and ends at full swing, on a constant offset: the worst that an engine could deliver.
        var harsh = new Pcm(Sound.Tone(0.7, 9_000).Samples.ToArray().Select(s => (short)(s + 3_000)).ToArray(), 16_000);
        var segments = new List<EncodedSegment>();
        for (var i = 0; i < 10; i++)
            segments.Add(await encoder.EncodeAsync([new SegmentChunk(harsh, TimeSpan.Zero, 0)], format, Token));
        var total = segments.Sum(segment => segment.Samples);
        var book = new Book("Joins", null, null, [new BookChapter("All", total)], format, segments[0].Rate);
        var path = directory.File("joins." + name);
        await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams(segments), path, Token);

        var decoded = await Sound.DecodeAsync(path, Sound.Demuxer(format), Token);
        var at = 0L;
        foreach (var segment in segments.SkipLast(1))
        {
            at += segment.Samples;
            var around = book.Rate / 100; // 10 ms to both sides, in the silence of the edges
            Sound.Peak(decoded.AsSpan((int)at - around, 2 * around)).ShouldBeLessThan(100); // -50 dBFS
        }
        // No step anywhere is larger than the tone's own slope, with room for the codec.
        var steepest = 0;
        for (var i = 1; i < decoded.Length; i++)
            steepest = Math.Max(steepest, Math.Abs(decoded[i] - decoded[i - 1]));
        steepest.ShouldBeLessThan((int)(9_000 * 2 * Math.PI * 220 / book.Rate * 1.5));
    }

    [Fact]
    public async Task Encoded_peaks_stay_below_minus_three_decibels()
    {
        using var directory = new PrivateDirectory();
        var flite = new FliteEngine(new LocalEngineOptions());
        foreach (var voice in new[] { "slt", "rms", "awb", "kal16" })
        {
            var spoken = await flite.SpeakAsync(new(Calibration.Text, voice), Token);
            var gain = await new Calibration(Sound.Ffmpeg).GainAsync(voice, spoken, Token);
            foreach (var name in new[] { "m4b", "mp3" })
            {
                var format = AudioFormat.Find(name)!;
                var chunk = new SegmentChunk(spoken, TimeSpan.FromMilliseconds(300), gain);
                var segment = await new SegmentEncoder(Sound.Ffmpeg).EncodeAsync([chunk], format, Token);
                var book = new Book(
                    "Loud",
                    null,
                    null,
                    [new BookChapter("All", segment.Samples)],
                    format,
                    segment.Rate
                );
                var path = directory.File($"{voice}.{name}");
                await new Packaging(Sound.Ffmpeg).WriteAsync(book, Sound.Streams([segment]), path, Token);
                var decoded = await Sound.DecodeAsync(path, Sound.Demuxer(format), Token);
                var (peak, rms) = (Sound.Decibels(Sound.Peak(decoded)), Sound.Decibels(Sound.Rms(decoded)));
                TestContext.Current.TestOutputHelper!.WriteLine(
                    $"{voice} {name}: gain {gain:0.0} dB, peak {peak:0.00} dBFS, RMS {rms:0.0} dB"
                );
                peak.ShouldBeLessThanOrEqualTo(-3, voice);
                rms.ShouldBeInRange(-23, -18, voice);
            }
        }
    }

    [Fact]
    public async Task The_same_chunks_give_the_same_bytes()
    {
        foreach (var name in new[] { "m4b", "mp3", "wav" })
        {
            var chunk = new SegmentChunk(Sound.Tone(1, 9_000), TimeSpan.FromMilliseconds(100), 1);
            var encoder = new SegmentEncoder(Sound.Ffmpeg);
            var once = await encoder.EncodeAsync([chunk, chunk], AudioFormat.Find(name)!, Token);
            var again = await encoder.EncodeAsync([chunk, chunk], AudioFormat.Find(name)!, Token);
            again.Bytes.Span.SequenceEqual(once.Bytes.Span).ShouldBeTrue(name);
        }
    }

    [Fact]
    public async Task Chunks_of_two_rates_are_no_segment()
    {
        SegmentChunk[] mixed =
        [
            new(Sound.Tone(1, 9_000, 16_000), TimeSpan.Zero, 0),
            new(Sound.Tone(1, 9_000, 22_050), TimeSpan.Zero, 0),
        ];
        var encoder = new SegmentEncoder(Sound.Ffmpeg);
        await Should.ThrowAsync<ArgumentException>(() => encoder.EncodeAsync(mixed, AudioFormat.Find("wav")!, Token));
    }

    [Theory]
    [InlineData("mp3", 100)]
    [InlineData("mp3", 0)]
    [InlineData("m4b", 1_000)]
    [InlineData("wav", 128)]
    [InlineData("ogg", null)]
    [InlineData("M4B", null)]
    public void A_format_that_is_not_made_is_not_found(string name, int? kbps) =>
        AudioFormat.Find(name, kbps).ShouldBeNull();
}
