using System.Text;
using System.Xml;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Lexicons;

/// <summary>What was read from a document: its entries, or why it can't be read.</summary>
internal sealed record PlsReading(string? Language, IReadOnlyList<LexiconEntry> Entries, string? Fault);

/// <summary>
/// W3C's Pronunciation Lexicon Specification 1.0: https://www.w3.org/TR/pronunciation-lexicon/. What is read is hostile:
/// no DTD, so no entity but XML's own; nothing else is fetched; length and depth are bounded.
/// </summary>
internal static class PlsDocument
{
    public const string MediaType = "application/pls+xml";
    public const int MostBytes = 4 * 1024 * 1024;
    private const int MostDepth = 8;
    private const string Namespace = "http://www.w3.org/2005/01/pronunciation-lexicon";

    public static byte[] Write(string language, IEnumerable<LexiconEntry> entries)
    {
        using var document = new MemoryStream();
        var settings = new XmlWriterSettings
        {
            Indent = true,
            Encoding = new UTF8Encoding(false),
            NewLineChars = "\n",
        };
        using (var xml = XmlWriter.Create(document, settings))
        {
            xml.WriteStartElement("lexicon", Namespace);
            xml.WriteAttributeString("version", "1.0");
            xml.WriteAttributeString("alphabet", "ipa");
            xml.WriteAttributeString("xml", "lang", null, language);
            foreach (var entry in entries)
            {
                xml.WriteStartElement("lexeme", Namespace);
                xml.WriteElementString("grapheme", Namespace, entry.Word);
                if (entry.Ipa is not null)
                    xml.WriteElementString("phoneme", Namespace, entry.Ipa);
                if (entry.Alias is not null)
                    xml.WriteElementString("alias", Namespace, entry.Alias);
                xml.WriteEndElement();
            }
            xml.WriteEndElement();
        }
        return document.ToArray();
    }

    public static PlsReading Read(byte[] bytes)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = MostBytes,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        };
        try
        {
            using var xml = XmlReader.Create(new MemoryStream(bytes), settings);
            return Read(xml);
        }
        catch (XmlException broken)
        {
            // Its message may quote the document, which is the client's own.
            return Refuse(
                $"Line {broken.LineNumber}, column {broken.LinePosition}: it is no well-formed XML, or has a DTD."
            );
        }
    }

    private static PlsReading Read(XmlReader xml)
    {
        if (xml.MoveToContent() != XmlNodeType.Element || xml.LocalName != "lexicon" || xml.NamespaceURI != Namespace)
            return Refuse($"The root must be the element lexicon of the namespace {Namespace}.");
        if (xml.GetAttribute("version") != "1.0")
            return Refuse("The version must be 1.0.");
        var language = xml.XmlLang;
        var alphabet = xml.GetAttribute("alphabet") ?? "";
        var entries = new List<LexiconEntry>();
        var lexeme = new Lexeme();
        var number = 0;
        while (xml.Read())
        {
            if (xml.Depth > MostDepth)
                return Refuse("Its elements are nested too deeply.");
            if (xml.NodeType == XmlNodeType.EndElement && IsLexeme(xml))
                entries.AddRange(lexeme.Entries());
            if (entries.Count > LexiconRules.MostEntries)
                return Refuse($"It has more than {LexiconRules.MostEntries} entries.");
            if (xml.NodeType != XmlNodeType.Element || xml.NamespaceURI != Namespace)
                continue; // others' elements may stand anywhere, and mean nothing to us
            if (xml.LocalName == "lexeme")
            {
                lexeme = new Lexeme();
                number++;
                continue;
            }
            if (xml.LocalName is not ("grapheme" or "phoneme" or "alias"))
                continue;
            var name = xml.LocalName;
            var prefer = xml.GetAttribute("prefer") == "true";
            var notation = xml.GetAttribute("alphabet") ?? alphabet;
            if (name == "phoneme" && notation != "ipa")
                return Refuse($"Lexeme {number} has a pronunciation in another alphabet than ipa.");
            if (Text(xml) is not { } text)
                return Refuse($"Lexeme {number} has an element where text should be.");
            lexeme.Add(name, text, prefer);
        }
        return new PlsReading(language.Length == 0 ? null : language, entries, null);
    }

    private static bool IsLexeme(XmlReader xml) => xml.LocalName == "lexeme" && xml.NamespaceURI == Namespace;

    // The text of an element that has nothing else, its blanks made one; the reader stays on its end.
    private static string? Text(XmlReader xml)
    {
        if (xml.IsEmptyElement)
            return "";
        var text = new StringBuilder();
        while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
        {
            if (xml.NodeType == XmlNodeType.Element)
                return null;
            text.Append(xml.Value);
        }
        return string.Join(
            ' ',
            text.ToString().Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
        );
    }

    private static PlsReading Refuse(string fault) => new(null, [], fault);

    // Each spelling is an entry; of several ways to say it the preferred one counts, else the first (section 4.9).
    private sealed class Lexeme
    {
        private readonly List<string> _words = [];
        private (string Text, bool IsPreferred)? _ipa;
        private (string Text, bool IsPreferred)? _alias;

        public void Add(string element, string text, bool prefer)
        {
            if (element == "grapheme")
                _words.Add(text);
            else if (element == "phoneme")
                _ipa = Better(_ipa, text, prefer);
            else
                _alias = Better(_alias, text, prefer);
        }

        public IEnumerable<LexiconEntry> Entries() =>
            _words.Distinct(StringComparer.Ordinal).Select(word => new LexiconEntry(word, _alias?.Text, _ipa?.Text));

        private static (string, bool)? Better((string Text, bool IsPreferred)? known, string text, bool prefer) =>
            known is null || (prefer && !known.Value.IsPreferred) ? (text, prefer) : known;
    }
}
