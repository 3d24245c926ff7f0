namespace Lectern.SharedKernel.Http;

/// <summary>The kinds of problem that every part of the API can answer with.</summary>
public static class CommonProblems
{
    private const string Module = "lectern";

    /// <summary>400: not HTTP, not JSON, or not in the encoding that it claims.</summary>
    public static readonly ProblemType MalformedRequest = new(
        Module,
        "malformed-request",
        400,
        "The request can't be read.",
        "Check the syntax of the request; the detail says where it breaks."
    );

    /// <summary>401: no credential, or one that isn't valid any more.</summary>
    public static readonly ProblemType Unauthenticated = new(
        Module,
        "unauthenticated",
        401,
        "This needs a valid access token.",
        "Log in at POST /api/v1/auth/login and send the token as 'Authorization: Bearer …'."
    );

    /// <summary>403: the credential is good, but not for this.</summary>
    public static readonly ProblemType Forbidden = new(
        Module,
        "forbidden",
        403,
        "You may not do this.",
        "Ask an admin of the workspace for the role that allows it."
    );

    /// <summary>403: a signed link whose path, artifact, expiry or signature was changed.</summary>
    public static readonly ProblemType InvalidLink = new(
        Module,
        "invalid-link",
        403,
        "This link is not one that we made.",
        "Ask for a new link; links can't be edited or used for another file."
    );

    /// <summary>403: a signed link that was good once.</summary>
    public static readonly ProblemType ExpiredLink = new(
        Module,
        "expired-link",
        403,
        "This link has expired.",
        "Ask for a new link; each lives for minutes only."
    );

    /// <summary>404: it isn't there, or it is someone else's, which is not told apart.</summary>
    public static readonly ProblemType NotFound = new(
        Module,
        "not-found",
        404,
        "There is nothing here.",
        "Check the address and the id; what was deleted stays deleted."
    );

    /// <summary>405: the address exists, the method doesn't.</summary>
    public static readonly ProblemType MethodNotAllowed = new(
        Module,
        "method-not-allowed",
        405,
        "This address doesn't have this method.",
        "The Allow header lists the methods that it has."
    );

    /// <summary>406: none of the media types that the client accepts can be made.</summary>
    public static readonly ProblemType NotAcceptable = new(
        Module,
        "not-acceptable",
        406,
        "The accepted media types can't be served.",
        "Accept application/json."
    );

    /// <summary>408: the request came too slowly.</summary>
    public static readonly ProblemType RequestTimeout = new(
        Module,
        "request-timeout",
        408,
        "The request took too long to arrive.",
        "Send it again over a faster connection."
    );

    /// <summary>409: a rule or a race stands in the way.</summary>
    public static readonly ProblemType Conflict = new(
        Module,
        "conflict",
        409,
        "Something else happened at the same time.",
        "Read the current state, and send the request again if it still makes sense."
    );

    /// <summary>412: the caller's <c>If-Match</c> names an older version.</summary>
    public static readonly ProblemType PreconditionFailed = new(
        Module,
        "precondition-failed",
        412,
        "It has changed since you read it.",
        "Read it again and send the new ETag as If-Match."
    );

    /// <summary>413: more bytes than this address takes.</summary>
    public static readonly ProblemType TooLarge = new(
        Module,
        "too-large",
        413,
        "The request is too large.",
        "Send less, or split it; docs/configuration.md names the limit."
    );

    /// <summary>415: not a media type that this address reads.</summary>
    public static readonly ProblemType UnsupportedMediaType = new(
        Module,
        "unsupported-media-type",
        415,
        "This media type isn't read here.",
        "Set Content-Type to one that the operation lists, usually application/json."
    );

    /// <summary>416: a <c>Range</c> that the file doesn't have.</summary>
    public static readonly ProblemType RangeNotSatisfiable = new(
        Module,
        "range-not-satisfiable",
        416,
        "The range lies outside the file.",
        "The Content-Range header tells the length of the file."
    );

    /// <summary>422: readable, but the values don't fit.</summary>
    public static readonly ProblemType InvalidValues = new(
        Module,
        "invalid-values",
        422,
        "Some values don't fit.",
        "Correct the fields that 'errors' points to."
    );

    /// <summary>429: too many requests.</summary>
    public static readonly ProblemType RateLimited = new(
        Module,
        "rate-limited",
        429,
        "Too many requests.",
        "Wait as long as Retry-After says."
    );

    /// <summary>500: a defect on our side; nothing of its inside is told.</summary>
    public static readonly ProblemType Internal = new(
        Module,
        "internal",
        500,
        "Something broke on our side.",
        "Send the request again; if it happens again, report the traceId."
    );

    /// <summary>503: the database or the server is away for a moment.</summary>
    public static readonly ProblemType Unavailable = new(
        Module,
        "unavailable",
        503,
        "The service isn't available right now.",
        "Nothing was lost; wait as long as Retry-After says and send the request again."
    );

    /// <summary>507: a disk is full.</summary>
    public static readonly ProblemType StorageFull = new(
        Module,
        "storage-full",
        507,
        "There is no room left to store this.",
        "Nothing was stored; try again when the operator has made room."
    );

    /// <summary>All of them, for docs/errors.md.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [
        MalformedRequest,
        Unauthenticated,
        Forbidden,
        InvalidLink,
        ExpiredLink,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        RequestTimeout,
        Conflict,
        PreconditionFailed,
        TooLarge,
        UnsupportedMediaType,
        RangeNotSatisfiable,
        InvalidValues,
        RateLimited,
        Internal,
        Unavailable,
        StorageFull,
    ];
}
