using System.Text;
using Lectern.Jobs.Manuscript;

namespace Lectern.Tests.Jobs.Manuscript;

public sealed class ManuscriptTextTests
{
    private const string Written = "Él dijo: «e\u0301so».\r\nThen 😀 left.\n";

    public static TheoryData<Encoding, bool> Encodings =>
        new()
        {
            { new UTF8Encoding(), false },
            { new UTF8Encoding(), true },
            { new UnicodeEncoding(bigEndian: false, byteOrderMark: true), true },
            { new UnicodeEncoding(bigEndian: true, byteOrderMark: true), true },
        };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Text_is_read_as_it_was_written(Encoding encoding, bool withMark)
    {
        byte[] mark = withMark ? Encoding.UTF8.GetBytes("\uFEFF") : [];
        if (withMark && encoding is UnicodeEncoding)
            mark = encoding.GetPreamble();
        var read = ManuscriptText.Read([.. mark, .. encoding.GetBytes(Written)], 1000);
        read.Text.ShouldBe(Written);
        read.Fault.ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t ")]
    [InlineData("... -- !")]
    public void A_text_without_words_is_refused(string text) => Refused(Encoding.UTF8.GetBytes(text), TextFault.Empty);

    [Fact]
    public void A_mark_alone_is_an_empty_text()
    {
        Refused([0xEF, 0xBB, 0xBF], TextFault.Empty);
        Refused([0xFF, 0xFE], TextFault.Empty);
    }

    [Fact]
    public void Invalid_utf8_is_refused_and_the_byte_is_named() =>
        Refused([.. "It is a truth"u8, 0xE9, .. " universally"u8], TextFault.InvalidEncoding).ShouldContain("Byte 13");

    [Fact]
    public void Half_a_surrogate_pair_in_utf16_is_refused() =>
        Refused([0xFF, 0xFE, (byte)'a', 0, 0x3D, 0xD8, (byte)'b', 0], TextFault.InvalidEncoding)
            .ShouldContain("Byte 2");

    [Fact]
    public void An_odd_number_of_utf16_bytes_is_refused() =>
        Refused([0xFE, 0xFF, 0, (byte)'a', 0], TextFault.InvalidEncoding);

    [Fact]
    public void A_nul_is_refused() =>
        Refused([.. Encoding.UTF8.GetBytes(new string('a', 500)), 0, (byte)'b'], TextFault.NulCharacter)
            .ShouldContain("Character 500");

    [Fact]
    public void A_picture_is_refused_by_its_signature() =>
        Refused([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A], TextFault.Binary).ShouldContain("PNG");

    [Fact]
    public void A_document_is_refused_by_its_signature() => Refused("%PDF-1.7 text"u8.ToArray(), TextFault.Binary);

    [Fact]
    public void Noise_is_a_binary_whether_or_not_it_decodes()
    {
        var noise = new byte[4000];
        new Random(1).NextBytes(noise);
        Refused(noise, TextFault.Binary);
        Refused([.. noise.Select(b => (byte)(b & 0x7F))], TextFault.Binary);
        Refused([0xFF, 0xFE, .. noise.SelectMany(b => new byte[] { (byte)(b & 0x7F), 0 })], TextFault.Binary);
    }

    [Fact]
    public void A_text_at_the_limit_is_read_and_one_over_it_refused()
    {
        ManuscriptText.Read("abcde"u8, 5).Text.ShouldBe("abcde");
        Refused("abcdef"u8.ToArray(), TextFault.TooLong, 5).ShouldContain("5 characters");
        Refused(new byte[1000], TextFault.TooLong, 5);
        ManuscriptText.Read("一二三四五"u8, 5).Fault.ShouldBeNull();
    }

    private static string Refused(byte[] bytes, TextFault fault, int limit = 100_000)
    {
        var read = ManuscriptText.Read(bytes, limit);
        read.Fault.ShouldBe(fault);
        read.Text.ShouldBeNull();
        read.Detail.ShouldNotBeEmpty();
        return read.Detail;
    }
}
