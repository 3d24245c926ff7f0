using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Lectern.Host.Docs;

/// <summary>
/// The documentation comments of an assembly, as text for Markdown, from the file that the compiler writes beside it. The
/// build fails where a public member has none, so there is nothing to fall back on here.
/// </summary>
internal sealed partial class XmlDocumentation
{
    private readonly Dictionary<string, XElement> _members;

    private XmlDocumentation(Dictionary<string, XElement> members) => _members = members;

    public static XmlDocumentation Of(Assembly assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        return new XmlDocumentation(
            XDocument.Load(path).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value)
        );
    }

    /// <summary>What a type is.</summary>
    public string Summary(Type type) => Text(_members[$"T:{type.FullName}"].Element("summary")!);

    /// <summary>What a property of a type holds.</summary>
    public string Summary(PropertyInfo property) =>
        Text(_members[$"P:{property.DeclaringType!.FullName}.{property.Name}"].Element("summary")!);

    private static string Text(XElement element)
    {
        var text = string.Concat(
            element
                .Nodes()
                .Select(node =>
                    node switch
                    {
                        XElement { IsEmpty: true } reference => $"`{NameOf(reference)}`",
                        XElement code => $"`{code.Value}`",
                        _ => ((XText)node).Value,
                    }
                )
        );
        return Spaces().Replace(text, " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    /// <summary>The last name of what it points to; a parameter of a record is a field, and named as it is stored.</summary>
    private static string NameOf(XElement reference)
    {
        var name = reference.Attributes().First().Value.Split('.', ':')[^1];
        return reference.Name == "paramref" ? JsonNamingPolicy.CamelCase.ConvertName(name) : name;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
