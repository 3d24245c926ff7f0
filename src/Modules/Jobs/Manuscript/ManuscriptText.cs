using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Lectern.Jobs.Manuscript;

/// <summary>Why bytes are not a manuscript.</summary>
internal enum TextFault
{
    /// <summary>No letter and no digit in it.</summary>
    Empty,

    /// <summary>Not valid UTF-8, or not valid UTF-16 behind a byte order mark.</summary>
    InvalidEncoding,

    /// <summary>Text with NUL characters, which a database text column can't hold.</summary>
    NulCharacter,

    /// <summary>A document, picture, sound, archive or program.</summary>
    Binary,

    /// <summary>More characters than the caller allows.</summary>
    TooLong,
}

/// <summary>The text of an upload, or why there is none: exactly one of the two is set.</summary>
/// <param name="Text">The characters as the author wrote them: neither normalized nor with other line ends.</param>
/// <param name="Fault">Why the bytes were refused.</param>
/// <param name="Detail">The refusal in a sentence for a person; empty when there is none.</param>
internal sealed record ManuscriptText(string? Text, TextFault? Fault, string Detail)
{
    // One control character in a hundred: books have a stray form feed, programs and pictures have thousands.
    private const int CharactersPerControl = 100;

    // Longer than the signatures below, so that a text that merely begins with such letters is not refused.
    private static readonly (byte[] Signature, string Name)[] Magic =
    [
        ("%PDF-"u8.ToArray(), "a PDF document"),
        ("PK\x03\x04"u8.ToArray(), "a ZIP archive (EPUB and DOCX are such)"),
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old Office document"),
        (@"{\rtf1"u8.ToArray(), "an RTF document"),
        ([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A], "a PNG picture"),
        ("GIF89a"u8.ToArray(), "a GIF picture"),
        ([0xFF, 0xD8, 0xFF], "a JPEG picture"),
        ("ID3\x03\0"u8.ToArray(), "an MP3 file"),
        ("ID3\x04\0"u8.ToArray(), "an MP3 file"),
        ("OggS\0"u8.ToArray(), "an Ogg file"),
        ("fLaC\0"u8.ToArray(), "a FLAC file"),
        ("\x7f"u8.ToArray().Concat("ELF"u8.ToArray()).ToArray(), "a program"),
        ([0x1F, 0x8B, 0x08], "a gzip archive"),
        ([(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive"),
        ("SQLite format 3\0"u8.ToArray(), "a database"),
    ];

    /// <summary>Reads UTF-8, with or without a byte order mark, or UTF-16 with one.</summary>
    /// <param name="bytes">The upload.</param>
    /// <param name="maxCharacters">The longest text allowed, in UTF-16 code units.</param>
    public static ManuscriptText Read(ReadOnlySpan<byte> bytes, int maxCharacters)
    {
        foreach (var (signature, name) in Magic)
            if (bytes.StartsWith(signature))
                return Refuse(TextFault.Binary, $"This is {name}, not plain text.");

        // Three bytes of UTF-8 are at least one code unit, two bytes of UTF-16 exactly one: this is over the limit
        // whatever it decodes to, and is refused before memory is spent on it.
        if (bytes.Length > 3L * maxCharacters + 3)
            return TooLong(maxCharacters);

        var isBigEndian = bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]);
        var isUtf16 = isBigEndian || bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]);
        var (text, badByte) =
            isUtf16 ? DecodeUtf16(bytes[2..], isBigEndian)
            : bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? DecodeUtf8(bytes[3..])
            : DecodeUtf8(bytes);

        if (text is null)
            return !isUtf16 && CountControls(bytes) * CharactersPerControl > bytes.Length
                ? Refuse(TextFault.Binary, "This is not text: it holds bytes that no text has.")
                : Refuse(
                    TextFault.InvalidEncoding,
                    $"Byte {badByte} is not valid UTF-8 or UTF-16. Save the text as UTF-8 and send it again."
                );
        if (text.Length > maxCharacters)
            return TooLong(maxCharacters);
        if (CountControls(MemoryMarshal.Cast<char, ushort>(text.AsSpan())) * CharactersPerControl > text.Length)
            return Refuse(
                TextFault.Binary,
                "This is not text: more than one character in a hundred is a control code."
            );
        var nul = text.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0)
            return Refuse(TextFault.NulCharacter, $"Character {nul} is a NUL, which text must not hold.");
        return Words.Any(text)
            ? new ManuscriptText(text, null, "")
            : Refuse(TextFault.Empty, "There is nothing to read aloud: the text has no letter and no digit.");
    }

    private static ManuscriptText Refuse(TextFault fault, string detail) => new(null, fault, detail);

    private static ManuscriptText TooLong(int max) =>
        Refuse(TextFault.TooLong, $"The text is longer than the {max} characters allowed. Split it into several jobs.");

    private static (string? Text, int BadByte) DecodeUtf8(ReadOnlySpan<byte> bytes)
    {
        var characters = new char[bytes.Length];
        var status = Utf8.ToUtf16(bytes, characters, out var read, out var written, replaceInvalidSequences: false);
        return status == OperationStatus.Done ? (new string(characters, 0, written), 0) : (null, read);
    }

    private static (string? Text, int BadByte) DecodeUtf16(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        if (bytes.Length % 2 != 0)
            return (null, bytes.Length - 1);
        var units = MemoryMarshal.Cast<byte, ushort>(bytes).ToArray();
        if (bigEndian == BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(units, units);
        var characters = MemoryMarshal.Cast<ushort, char>(units);
        for (var i = 0; i < characters.Length; i++)
        {
            if (!char.IsSurrogate(characters[i]))
                continue;
            if (Rune.DecodeFromUtf16(characters[i..], out _, out var length) != OperationStatus.Done)
                return (null, 2 * i);
            i += length - 1;
        }
        return (new string(characters), 0);
    }

    private static long CountControls<T>(ReadOnlySpan<T> units)
        where T : System.Numerics.IBinaryInteger<T>
    {
        var space = T.CreateChecked(' ');
        var firstBlank = T.CreateChecked('\t');
        var lastBlank = T.CreateChecked('\r');
        var count = 0L;
        foreach (var unit in units)
            if (unit < space && (unit < firstBlank || unit > lastBlank))
                count++;
        return count;
    }
}
