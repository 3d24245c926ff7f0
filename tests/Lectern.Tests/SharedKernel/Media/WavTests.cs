using System.Buffers.Binary;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.SharedKernel.Media;

public class WavTests
{
    private static readonly Pcm Tone = new(Enumerable.Range(0, 1_000).Select(i => (short)(i * 30)).ToArray(), 16_000);

    [Fact]
    public void What_is_written_is_read_back()
    {
        var reading = Wav.Read(Wav.Write(Tone));
        reading.Defect.ShouldBeNull();
        reading.Audio!.Rate.ShouldBe(16_000);
        reading.Audio.Samples.Span.SequenceEqual(Tone.Samples.Span).ShouldBeTrue();
        reading.Audio.Duration.ShouldBe(TimeSpan.FromMilliseconds(62.5));
    }

    [Theory]
    [InlineData(0x7FFF_F000)] // espeak-ng
    [InlineData(0xFFFF_FFFF)] // ffmpeg
    [InlineData(0x7FFF_FFDB)] // sox
    public void The_length_that_a_program_leaves_in_a_pipe_means_up_to_the_end(uint length)
    {
        var bytes = Wav.Write(Tone);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), length);
        Wav.Read(bytes).Audio!.Samples.Length.ShouldBe(1_000);
    }

    [Fact]
    public void A_truncated_wav_is_refused_wherever_it_is_cut()
    {
        var bytes = Wav.Write(Tone);
        for (var length = 0; length < bytes.Length; length++)
            Wav.Read(bytes.AsSpan(0, length)).Audio.ShouldBeNull($"cut at {length}");
        Wav.Read(bytes.AsSpan(0, 1_500)).Defect.ShouldBe(WavDefect.Truncated);
    }

    [Fact]
    public void Stereo_is_mixed_into_mono()
    {
        var bytes = Wav.Write(new Pcm(new short[] { 100, 300, -50, -150 }, 8_000));
        bytes[22] = 2; // channels
        bytes[32] = 4; // bytes per frame
        Wav.Read(bytes).Audio!.Samples.ToArray().ShouldBe([200, -100]);
    }

    [Fact]
    public void Chunks_before_the_samples_are_stepped_over()
    {
        var bytes = Wav.Write(Tone);
        byte[] list = [.. "LIST"u8, 3, 0, 0, 0, 1, 2, 3, 0]; // an odd length, padded to even
        Wav.Read([.. bytes[..12], .. list, .. bytes[12..]]).Audio!.Samples.Length.ShouldBe(1_000);
    }

    [Theory]
    [InlineData(20, 3)] // 32-bit float
    [InlineData(22, 6)] // six channels
    [InlineData(34, 8)] // 8 bits
    [InlineData(32, 7)] // a frame that does not fit its channels
    [InlineData(25, 0)] // 128 Hz
    public void Another_sample_format_is_refused(int at, byte value)
    {
        var bytes = Wav.Write(Tone);
        bytes[at] = value;
        Wav.Read(bytes).Defect.ShouldBe(WavDefect.Unsupported);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"error\":\"quota\"}")]
    [InlineData("<html><body>Bad gateway</body></html>")]
    public void Bytes_that_are_no_wav_are_refused(string body) =>
        Wav.Read(System.Text.Encoding.UTF8.GetBytes(body)).Defect.ShouldBe(WavDefect.NotWav);

    [Fact]
    public void No_bytes_make_the_reader_throw()
    {
        var random = new Random(20);
        var seed = Wav.Write(Tone);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = seed[..random.Next(seed.Length + 1)];
            for (var flips = random.Next(8); flips > 0 && bytes.Length > 0; flips--)
                bytes[random.Next(Math.Min(bytes.Length, 60))] = (byte)random.Next(256);
            var reading = Wav.Read(bytes);
            (reading.Audio is null).ShouldBe(reading.Defect is not null);
        }
    }

    [Fact]
    public void A_book_beyond_four_gigabytes_gets_an_RF64_header()
    {
        var header = Wav.Header(3_000_000_000, 44_100);
        header.Length.ShouldBe(80);
        header.AsSpan(0, 4).SequenceEqual("RF64"u8).ShouldBeTrue();
        BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(20)).ShouldBe(6_000_000_072); // all but the first 8 bytes
        BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(28)).ShouldBe(6_000_000_000);
        BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(36)).ShouldBe(3_000_000_000);
        Wav.Header(1_000, 44_100).Length.ShouldBe(44);
    }
}
