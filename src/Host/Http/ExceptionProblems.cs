using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Npgsql;

namespace Lectern.Host.Http;

/// <summary>What an exception means to the client.</summary>
internal static partial class ExceptionProblems
{
    /// <summary>What is said of a parameter that can't be read.</summary>
    public const string DoesNotFit = "doesn't fit";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(5);

    /// <summary>The problem to answer with; of a defect of ours it tells nothing.</summary>
    public static Problem From(Exception exception) =>
        exception switch
        {
            BadHttpRequestException { InnerException: JsonException json } => JsonProblems.From(json),
            JsonException json => JsonProblems.From(json),
            BadHttpRequestException bad => FromRequest(bad),
            ConcurrencyException or ConstraintViolatedException or RequestInFlightException =>
                CommonProblems.Conflict.With("Another request changed the same thing.") with
                {
                    RetryAfter = Soon,
                },
            PostgresException refused => FromDatabase(refused),
            NpgsqlException lost when IsOutage(lost) => Unavailable(),
            BlobStoreFullException => CommonProblems.StorageFull.With("The file store is full."),
            // What the form reader throws for a body that breaks off or isn't the multipart that it claims.
            InvalidDataException or IOException when IsFormReader(exception) => CommonProblems.MalformedRequest.With(
                "The form can't be read: it breaks off, or a part is not formed well."
            ),
            TimeoutException or OperationCanceledException => Unavailable(),
            _ => CommonProblems.Internal.With("The request could not be completed."),
        };

    /// <summary>What is wrong with parameters of a request.</summary>
    public static Problem OfParameters(params FieldError[] faults) =>
        CommonProblems.InvalidValues.With("A parameter is missing or doesn't fit.", faults);

    private static Problem FromRequest(BadHttpRequestException bad)
    {
        var parameter = Parameter().Match(bad.Message);
        return bad.StatusCode switch
        {
            408 => CommonProblems.RequestTimeout.With("The body arrived too slowly."),
            413 => CommonProblems.TooLarge.With("The body is larger than this address takes."),
            415 => CommonProblems.UnsupportedMediaType.With("The Content-Type is missing or isn't read here."),
            _ when parameter.Success && parameter.Groups["from"].Value.Contains("body", StringComparison.Ordinal) =>
                CommonProblems.MalformedRequest.With("The body is missing."),
            _ when parameter.Success => OfParameters(
                new FieldError(
                    parameter.Groups["name"].Value,
                    bad.Message.StartsWith("Required", StringComparison.Ordinal) ? "is required" : DoesNotFit
                )
            ),
            _ => CommonProblems.MalformedRequest.With("The request breaks off or breaks the rules of HTTP."),
        };
    }

    private static Problem FromDatabase(PostgresException refused) =>
        refused.SqlState switch
        {
            PostgresErrorCodes.DiskFull => CommonProblems.StorageFull.With("The database is full."),
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected =>
                CommonProblems.Conflict.With("Another request changed the same thing.") with
                {
                    RetryAfter = Soon,
                },
            PostgresErrorCodes.LockNotAvailable => Unavailable() with { RetryAfter = Soon },
            PostgresErrorCodes.UntranslatableCharacter or PostgresErrorCodes.CharacterNotInRepertoire =>
                CommonProblems.InvalidValues.With("A text has characters that can't be stored, such as NUL."),
            // 08 connection, 53 resources (too many connections, memory), 57 shutdown, crash, statement timeout
            { } state
                when state.StartsWith("08", StringComparison.Ordinal)
                    || state.StartsWith("53", StringComparison.Ordinal)
                    || state.StartsWith("57", StringComparison.Ordinal) => Unavailable(),
            // A standby, or a primary that was demoted: writes will work again on another connection.
            PostgresErrorCodes.ReadOnlySqlTransaction => Unavailable(),
            _ => CommonProblems.Internal.With("The request could not be completed."),
        };

    private static bool IsOutage(NpgsqlException lost) =>
        lost.IsTransient || lost.InnerException is SocketException or IOException or TimeoutException;

    private static bool IsFormReader(Exception exception) =>
        exception.Source is "Microsoft.AspNetCore.WebUtilities" or "Microsoft.AspNetCore.Http";

    private static Problem Unavailable() =>
        CommonProblems.Unavailable.With("The database or a part of the host does not answer.") with
        {
            RetryAfter = Later,
        };

    // Failed to bind parameter "int? limit" from "x". · Required parameter "string q" was not provided from query string.
    [GeneratedRegex("parameter \"(?:[^\" ]+ )?(?<name>[^\" ]+)\" (?:was not provided )?from (?<from>.+)")]
    private static partial Regex Parameter();
}
