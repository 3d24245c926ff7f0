namespace Lectern.Tests.Http.Authorization;

/// <summary>For whom a route is. Said here once more, and not read from the endpoints, so that a slip there shows.</summary>
internal enum For
{
    /// <summary>Everybody, also without a token.</summary>
    Everyone,

    /// <summary>Whoever has a link with our signature.</summary>
    SignedLink,

    /// <summary>Whoever logged in; not API keys.</summary>
    Person,

    /// <summary>Every member, and keys with the scope.</summary>
    Viewer,

    /// <summary>Editors and admins, and keys with the scope.</summary>
    Editor,

    /// <summary>Editors and admins who logged in; not API keys.</summary>
    EditorInPerson,

    /// <summary>Admins who logged in; not API keys.</summary>
    Admin,

    /// <summary>Every member who logged in; not API keys.</summary>
    Member,

    /// <summary>Platform administrators who logged in.</summary>
    Platform,
}

/// <summary>Who may call what: every route of the host has a row.</summary>
internal static class Matrix
{
    public static readonly IReadOnlyDictionary<string, For> Rows = new Dictionary<string, For>
    {
        ["GET /"] = For.Everyone,
        ["GET /version"] = For.Everyone,
        ["GET /health/live"] = For.Everyone,
        ["GET /health/ready"] = For.Everyone,
        ["GET /metrics"] = For.Everyone,
        ["GET /openapi/{documentName}.json"] = For.Everyone,
        ["GET /redoc"] = For.Everyone,
        ["GET /redoc/redoc.standalone.js"] = For.Everyone,
        ["GET /.well-known/jwks.json"] = For.Everyone,
        ["POST /api/v1/auth/signup"] = For.Everyone,
        ["POST /api/v1/auth/login"] = For.Everyone,
        ["POST /api/v1/auth/refresh"] = For.Everyone,
        ["POST /api/v1/auth/email/verify"] = For.Everyone,
        ["POST /api/v1/auth/email/resend"] = For.Everyone,
        ["POST /api/v1/auth/password/forgot"] = For.Everyone,
        ["POST /api/v1/auth/password/reset"] = For.Everyone,
        ["GET /api/v1/auth/oidc/{issuer}"] = For.Everyone,
        ["GET /api/v1/auth/oidc/{issuer}/callback"] = For.Everyone,
        ["POST /api/v1/auth/verify"] = For.Everyone,
        ["POST /api/v1/auth/logout"] = For.Person,
        ["GET /api/v1/me"] = For.Person,
        ["POST /api/v1/me/password"] = For.Person,
        ["POST /api/v1/me/email"] = For.Person,
        ["PATCH /api/v1/me"] = For.Person,
        ["DELETE /api/v1/me"] = For.Person,
        ["GET /api/v1/me/export"] = For.Person,
        ["PUT /api/v1/me/avatar"] = For.Person,
        ["GET /api/v1/me/avatar"] = For.Person,
        ["DELETE /api/v1/me/avatar"] = For.Person,
        ["GET /api/v1/people/{id}/avatar"] = For.Viewer,
        ["GET /api/v1/me/sessions"] = For.Person,
        ["DELETE /api/v1/me/sessions/{id}"] = For.Person,
        ["GET /api/v1/workspaces"] = For.Person,
        ["POST /api/v1/workspaces"] = For.Person,
        ["GET /api/v1/workspaces/{id}"] = For.Viewer,
        ["PATCH /api/v1/workspaces/{id}"] = For.Admin,
        ["DELETE /api/v1/workspaces/{id}"] = For.Admin,
        ["GET /api/v1/workspaces/{id}/members"] = For.Viewer,
        ["PATCH /api/v1/workspaces/{id}/members/{person}"] = For.Admin,
        ["DELETE /api/v1/workspaces/{id}/members/{person}"] = For.Member,
        ["POST /api/v1/workspaces/{id}/transfer"] = For.Admin,
        ["GET /api/v1/workspaces/{id}/invitations"] = For.Admin,
        ["POST /api/v1/workspaces/{id}/invitations"] = For.Admin,
        ["DELETE /api/v1/workspaces/{id}/invitations/{invitation}"] = For.Admin,
        ["GET /api/v1/workspaces/{id}/audit"] = For.Admin,
        ["POST /api/v1/invitations/accept"] = For.Person,
        ["GET /api/v1/admin/people"] = For.Platform,
        ["POST /api/v1/admin/people"] = For.Platform,
        ["GET /api/v1/admin/people/{id}"] = For.Platform,
        ["PATCH /api/v1/admin/people/{id}"] = For.Platform,
        ["DELETE /api/v1/admin/people/{id}"] = For.Platform,
        ["GET /api/v1/admin/workspaces"] = For.Platform,
        ["GET /api/v1/admin/audit"] = For.Platform,
        ["GET /api/v1/me/settings"] = For.Person,
        ["PATCH /api/v1/me/settings"] = For.Person,
        ["GET /api/v1/workspaces/{id}/settings"] = For.Viewer,
        ["PATCH /api/v1/workspaces/{id}/settings"] = For.Admin,
        ["GET /api/v1/admin/settings"] = For.Platform,
        ["PATCH /api/v1/admin/settings"] = For.Platform,
        ["GET /api/v1/prices"] = For.Everyone,
        ["GET /api/v1/prices/{version}"] = For.Everyone,
        ["GET /api/v1/voices"] = For.Everyone,
        ["GET /api/v1/voices/{id}"] = For.Everyone,
        ["GET /api/v1/voices/{id}/preview"] = For.Everyone,
        ["GET /api/v1/lexicons"] = For.Viewer,
        ["POST /api/v1/lexicons"] = For.Editor,
        ["GET /api/v1/lexicons/{id}"] = For.Viewer,
        ["PATCH /api/v1/lexicons/{id}"] = For.Editor,
        ["DELETE /api/v1/lexicons/{id}"] = For.Editor,
        ["PUT /api/v1/lexicons/{id}/entries"] = For.Editor,
        ["PATCH /api/v1/lexicons/{id}/entries"] = For.Editor,
        ["GET /api/v1/lexicons/{id}/pls"] = For.Viewer,
        ["PUT /api/v1/lexicons/{id}/pls"] = For.Editor,
        ["GET /api/v1/lexicons/{id}/versions"] = For.Viewer,
        ["GET /api/v1/lexicons/{id}/versions/{version:int}"] = For.Viewer,
        ["POST /api/v1/lexicons/{id}/test"] = For.Editor,
        ["GET /api/v1/credits"] = For.Viewer,
        ["GET /api/v1/credits/ledger"] = For.Viewer,
        ["GET /api/v1/credits/statements/{month}"] = For.Viewer,
        ["GET /api/v1/credits/caps"] = For.Viewer,
        ["PUT /api/v1/credits/caps"] = For.Admin,
        ["PUT /api/v1/credits/caps/{key}"] = For.Admin,
        ["POST /api/v1/admin/credits/resume"] = For.Platform,
        ["POST /api/v1/credits/codes"] = For.EditorInPerson,
        ["POST /api/v1/payments/webhook"] = For.Everyone, // it is signed; and there is nothing until it is configured
        ["GET /api/v1/admin/payments"] = For.Platform,
        ["POST /api/v1/admin/payments/{id}/match"] = For.Platform,
        ["GET /api/v1/admin/credits/codes"] = For.Platform,
        ["POST /api/v1/admin/credits/codes"] = For.Platform,
        ["DELETE /api/v1/admin/credits/codes/{id}"] = For.Platform,
        ["POST /api/v1/admin/credits/grants"] = For.Platform,
        ["POST /api/v1/admin/credits/refunds"] = For.Platform,
        ["POST /api/v1/admin/credits/corrections"] = For.Platform,
        ["GET /api/v1/analytics/spend"] = For.Viewer,
        ["GET /api/v1/admin/credits/margin"] = For.Platform,
        ["GET /api/v1/queue"] = For.Viewer,
        ["POST /api/v1/quotes"] = For.Viewer,
        ["GET /api/v1/jobs"] = For.Viewer,
        ["POST /api/v1/jobs"] = For.Editor,
        ["GET /api/v1/jobs/{id}"] = For.Viewer,
        ["DELETE /api/v1/jobs/{id}"] = For.Editor,
        ["POST /api/v1/jobs/{id}/cancel"] = For.Editor,
        ["POST /api/v1/jobs/{id}/retry"] = For.Editor,
        ["GET /api/v1/jobs/{id}/events"] = For.Viewer,
        ["GET /api/v1/jobs/{id}/events/live"] = For.Viewer,
        ["GET /api/v1/jobs/{id}/at/{version:int}"] = For.Viewer,
        ["GET /api/v1/jobs/{id}/chunks"] = For.Viewer,
        ["GET /api/v1/jobs/{id}/stream"] = For.Viewer,
        ["GET /api/v1/jobs/{id}/result"] = For.Viewer,
        ["GET /api/v1/jobs/{id}/download"] = For.Viewer,
        ["GET /api/v1/workspaces/{id}/api-keys"] = For.Admin,
        ["POST /api/v1/workspaces/{id}/api-keys"] = For.Admin,
        ["GET /api/v1/workspaces/{id}/api-keys/{key}"] = For.Admin,
        ["PATCH /api/v1/workspaces/{id}/api-keys/{key}"] = For.Admin,
        ["DELETE /api/v1/workspaces/{id}/api-keys/{key}"] = For.Admin,
        ["GET /api/v1/workspaces/{id}/provider-keys"] = For.Admin,
        ["POST /api/v1/workspaces/{id}/provider-keys"] = For.Admin,
        ["PUT /api/v1/workspaces/{id}/provider-keys/{key}"] = For.Admin,
        ["DELETE /api/v1/workspaces/{id}/provider-keys/{key}"] = For.Admin,
        ["POST /api/v1/workspaces/{id}/provider-keys/{key}/test"] = For.Admin,
        ["GET /api/v1/files/{id}"] = For.SignedLink,
        ["HEAD /api/v1/files/{id}"] = For.SignedLink,
    };
}
