using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lectern.Accounts.Confirmations;

/// <summary>The answer to whatever is confirmed by mail; it is the same whether the address is known or not.</summary>
/// <param name="Detail">What happens next.</param>
internal sealed record MailSent(string Detail)
{
    /// <summary>The only one.</summary>
    public static readonly MailSent Answer = new(
        "A mail goes to this address, if there is one to send. What it asks for is good for hours only."
    );

    /// <summary>202.</summary>
    public static Accepted<MailSent> AsResult() => TypedResults.Accepted((string?)null, Answer);
}
