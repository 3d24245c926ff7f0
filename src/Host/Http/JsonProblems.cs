using System.Text.Json;
using System.Text.RegularExpressions;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Host.Http;

/// <summary>
/// Says what is wrong with a JSON body, in the words of JSON and not of .NET. The serializer tells its reasons only in
/// the text of its messages; a test per reason notices when a new version words them differently.
/// </summary>
internal static partial class JsonProblems
{
    public static Problem From(JsonException exception)
    {
        // The reader's own exceptions mean text that isn't JSON; a key that comes twice can't be read reliably either.
        if (exception.InnerException is JsonException || exception.GetType() != typeof(JsonException))
            return Malformed(exception, "The body is not JSON");
        if (exception.Message.StartsWith("Duplicate property", StringComparison.Ordinal))
            return Malformed(exception, "The body has a property twice");

        var pointer = JsonPointer.OfPath(exception.Path);
        var missing = MissingProperties().Match(exception.Message);
        if (missing.Success)
        {
            var names = QuotedName().Matches(missing.Groups[1].Value).Select(match => match.Groups[1].Value);
            return CommonProblems.InvalidValues.With(
                "The body lacks properties that are required.",
                [.. names.Select(name => new FieldError($"{pointer}/{name}", "is required"))]
            );
        }

        return CommonProblems.InvalidValues.With(
            "The body has a value that doesn't fit.",
            new FieldError(pointer, Reason(exception))
        );
    }

    private static Problem Malformed(JsonException exception, string what)
    {
        var where = exception.LineNumber is { } line
            ? $", at line {line + 1}, byte {exception.BytePositionInLine + 1}"
            : "";
        return CommonProblems.MalformedRequest.With($"{what}{where}.");
    }

    private static string Reason(JsonException exception)
    {
        var message = exception.Message;
        if (message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
            return "is not a property of this request";
        if (
            message.Contains("doesn't allow", StringComparison.Ordinal)
            && message.Contains("null", StringComparison.Ordinal)
        )
            return "must not be null";
        if (message.StartsWith("must ", StringComparison.Ordinal)) // a converter of ours
            return message.Split(" Path:")[0];
        // A plain value tells in the inner exception what was wanted, anything else in the message.
        return "must be " + Wanted(exception.InnerException?.Message ?? message);
    }

    private static string Wanted(string message) =>
        message switch
        {
            _ when message.Contains("'Null'", StringComparison.Ordinal) => "a value, and not null",
            _ when message.EndsWith("as a number.", StringComparison.Ordinal) => "a number",
            _ when message.EndsWith("as a string.", StringComparison.Ordinal) => "a string",
            _ when message.EndsWith("as a boolean.", StringComparison.Ordinal) => "true or false",
            _ when message.Contains("out of bounds for an Int", StringComparison.Ordinal) =>
                "a whole number in its range",
            _ when message.Contains("Guid format", StringComparison.Ordinal) => "a UUID",
            _ when message.Contains("DateTime", StringComparison.Ordinal) => "an ISO 8601 time",
            _ when ListType().IsMatch(message) => "an array",
            _ => "an object, or one of the values that the documentation lists",
        };

    [GeneratedRegex(@"missing required properties including: (.+?)\.?$|missing required properties including: ([^.]*)")]
    private static partial Regex MissingProperties();

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex QuotedName();

    [GeneratedRegex(@"(\[\]|(List|Collection|Enumerable)`1\[[^ ]*\])\. Path")]
    private static partial Regex ListType();
}
