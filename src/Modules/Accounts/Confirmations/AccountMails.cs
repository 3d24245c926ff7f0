using System.Net;
using System.Text;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Mail;

namespace Lectern.Accounts.Confirmations;

/// <summary>
/// What Accounts writes to people. A mail that asks for something carries its token on a line of its own, and the call
/// that it is for. Call these from message handlers only, as the mailer says.
/// </summary>
internal sealed class AccountMails(IMailer mailer, PublicAddress address)
{
    private readonly string _api = address.Url + "/api/v1";

    /// <summary>To somebody who wants an account.</summary>
    public Task ConfirmSignUp(string to, string token, CancellationToken cancel) =>
        SendAsync(
            to,
            "Confirm your e-mail address",
            [
                "Somebody, hopefully you, wants an account with this e-mail address. To make it, send this token:",
                "If it was not you, do nothing: without the token there will be no account.",
            ],
            new Call("POST", "/auth/email/verify", token),
            cancel
        );

    /// <summary>To somebody who has an account and signs up, or changes another account's address to this one.</summary>
    public Task HasAccountAlready(string to, CancellationToken cancel) =>
        SendAsync(
            to,
            "You have an account already",
            [
                "Somebody, hopefully you, wanted to use this e-mail address for an account. It has one already: log in "
                    + $"with it at POST {_api}/auth/login, or ask for a new password at POST {_api}/auth/password/forgot.",
                "If it was not you, do nothing: your account is as it was.",
            ],
            null,
            cancel
        );

    /// <summary>To somebody who has forgotten the password.</summary>
    public Task ResetPassword(string to, string token, CancellationToken cancel) =>
        SendAsync(
            to,
            "Choose a new password",
            [
                "Somebody, hopefully you, has forgotten the password of your account. To choose a new one, send this token:",
                "If it was not you, do nothing: your password is as it was.",
            ],
            new Call("POST", "/auth/password/reset", token, ",\"password\":\"...\""),
            cancel
        );

    /// <summary>To somebody whose account was made by an administrator.</summary>
    public Task SetUpSignIn(string to, string token, CancellationToken cancel) =>
        SendAsync(
            to,
            "Your account is ready",
            ["An account was made for you. To choose its password, send this token:"],
            new Call("POST", "/auth/password/reset", token, ",\"password\":\"...\""),
            cancel
        );

    /// <summary>To the address that an account is to have from now on.</summary>
    public Task ConfirmNewEmail(string to, string token, CancellationToken cancel) =>
        SendAsync(
            to,
            "Confirm your new e-mail address",
            [
                "An account is to have this e-mail address. To confirm that it is yours, send this token:",
                "If it is not your account, do nothing.",
            ],
            new Call("POST", "/auth/email/verify", token),
            cancel
        );

    /// <summary>To the address that an account has, when it is asked to have another.</summary>
    public Task EmailChangeAsked(string to, CancellationToken cancel) =>
        SendAsync(
            to,
            "Your e-mail address is to be changed",
            [
                "Somebody who knows your password wants your account to have another e-mail address. It changes when that "
                    + "address has been confirmed.",
                $"If it was not you, change your password now at POST {_api}/auth/password/forgot: that stops it.",
            ],
            null,
            cancel
        );

    /// <summary>After the password was changed.</summary>
    public Task PasswordChanged(string to, CancellationToken cancel) =>
        SendAsync(
            to,
            "Your password was changed",
            [
                "The password of your account was changed.",
                $"If it was not you, choose a new one at POST {_api}/auth/password/forgot.",
            ],
            null,
            cancel
        );

    /// <summary>To somebody who is asked into a workspace.</summary>
    public Task Invitation(string to, string workspaceName, string token, CancellationToken cancel) =>
        SendAsync(
            to,
            $"An invitation to {OneLine(workspaceName)}",
            [
                $"You are invited to the workspace {OneLine(workspaceName)}. To join it, log in and send this token; if you "
                    + $"have no account yet, sign up at POST {_api}/auth/signup and send it there as \"invitation\":",
            ],
            new Call("POST", "/invitations/accept", token),
            cancel
        );

    private async Task SendAsync(
        string to,
        string subject,
        IReadOnlyList<string> paragraphs,
        Call? call,
        CancellationToken cancel
    )
    {
        var text = new StringBuilder();
        var html = new StringBuilder("<!DOCTYPE html><html lang=\"en\"><body>");
        for (var i = 0; i < paragraphs.Count; i++)
        {
            text.Append(paragraphs[i]).Append("\n\n");
            html.Append($"<p>{WebUtility.HtmlEncode(paragraphs[i])}</p>");
            if (i > 0 || call is null)
                continue;
            text.Append($"{call.Token}\n\nas {call.Method} {_api}{call.Path} with {call.Body}\n\n");
            html.Append($"<p><code>{call.Token}</code></p><p>as <code>")
                .Append(WebUtility.HtmlEncode($"{call.Method} {_api}{call.Path}"))
                .Append("</code> with <code>")
                .Append(WebUtility.HtmlEncode(call.Body))
                .Append("</code></p>");
        }

        html.Append("</body></html>");
        await mailer.SendAsync(new Mail(to, subject, text.ToString(), html.ToString()), cancel);
    }

    // A header has one line; what a line break in it could do is a mail of somebody else's making.
    private static string OneLine(string name) => new([.. name.Select(c => char.IsControl(c) ? ' ' : c)]);

    /// <summary>The call of the API that a mail asks for.</summary>
    private sealed record Call(string Method, string Path, string Token, string Rest = "")
    {
        public string Body => $$"""{"token":"..."{{Rest}}}""";
    }
}
