using Lectern.Accounts.Contracts;
using Lectern.Accounts.People;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.SignIn;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.OpenId;

/// <summary>
/// Whose account an issuer's person is: the one that was linked before; else the one with the same address, if the issuer
/// says that it is verified and we have confirmed it, too; else a new one. An address that only one side has checked
/// would let whoever typed it there take over the account here, or wait for its owner in an account made here.
/// </summary>
internal sealed class OpenIdAccounts(
    EventStore store,
    NewAccounts accounts,
    SignInSessions sessions,
    IOptions<AccountsSettings> settings
)
{
    /// <summary>Signs in, or says why not.</summary>
    public async Task<(TokenAnswer? Answer, Problem? Refusal)> SignInAsync(
        OpenIdIssuer issuer,
        IssuerClaims claims,
        HttpContext http,
        CancellationToken cancel
    )
    {
        await using var looking = store.OpenWorkerSession(SignInContext.Anonymous());
        var linked = await looking.QueryAsync(
            "select person_id from accounts.external_identities where issuer = $1 and subject = $2",
            row => row.GetGuid(0),
            cancel,
            issuer.Identifier,
            claims.Subject
        );
        if (linked is [var known])
            return await EnterAsync(looking, known, null, http, cancel);

        // Before anything is looked up: an address that nobody vouches for must not tell who has an account.
        if (claims.Email is not { } email || EmailAddress.Fault(email) is not null)
            return (null, AccountsProblems.OpenIdEmailUnverified.With("It names no verified address."));
        var owners = await looking.QueryAsync(
            "select id, email_verified_at is not null from accounts.people where email_normalized = $1",
            row => (Person: row.GetGuid(0), IsVerified: row.GetBoolean(1)),
            cancel,
            EmailAddress.Normalize(email)
        );
        var link = new Link(issuer.Identifier, claims.Subject);
        return owners switch
        {
            [(var person, true)] => await EnterAsync(looking, person, link, http, cancel),
            [_] => (
                null,
                AccountsProblems.OpenIdNotLinked.With("The address was never confirmed here: do that first.")
            ),
            _ => await RegisterAsync(email, PresentableName(claims.Name), link, http, cancel),
        };
    }

    private async Task<(TokenAnswer?, Problem?)> EnterAsync(
        Session looking,
        Guid person,
        Link? link,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (await Membership.FindAsync(looking, person, null, cancel) is not { } member)
            return (null, AccountsProblems.OpenIdRefused.With("The account can't sign in any more."));
        await using var session = store.OpenWorkerSession(
            SignInContext.Of(person) with
            {
                Workspace = member.Workspace,
            }
        );
        return await SaveAsync(session, member, link, http, cancel);
    }

    private async Task<(TokenAnswer?, Problem?)> RegisterAsync(
        string email,
        string? name,
        Link link,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (settings.Value.RefuseRegistration(isInvited: false) is { } closed)
            return (null, closed);
        var (session, member) = accounts.Open(new NewAccount(email, name, null, IsVerified: true));
        await using var saved = session;
        return await SaveAsync(session, member, link, http, cancel);
    }

    private async Task<(TokenAnswer?, Problem?)> SaveAsync(
        Session session,
        Membership member,
        Link? link,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (link is not null)
        {
            session.Execute(
                "insert into accounts.external_identities (issuer, subject, person_id) values ($1, $2, $3)",
                link.Issuer,
                link.Subject,
                member.Person
            );
            AuditLog.Record(
                session,
                AuditLog.Platform,
                "identities.linked",
                AccountIds.Person(member.Person),
                new() { ["issuer"] = link.Issuer }
            );
        }

        var answer = sessions.Begin(session, member, SignInOrigin.Of(http, "openid"));
        try
        {
            await session.SaveChangesAsync(cancel);
            return (answer, null);
        }
        catch (ConstraintViolatedException other) when (other.Constraint == "one_identity_at_each_issuer")
        {
            return (null, AccountsProblems.OpenIdNotLinked.With("At this issuer its owner is somebody else."));
        }
        catch (ConstraintViolatedException race)
            when (NewAccounts.IsTaken(race) || race.Constraint == "external_identities_pkey")
        {
            return (null, AccountsProblems.OpenIdRefused.With("The same person signs in twice at once."));
        }
    }

    // It is a courtesy of the issuer's, so one that doesn't fit is left out and not refused.
    private static string? PresentableName(string? name) => DisplayName.Fault(name) is null ? name : null;

    private sealed record Link(string Issuer, string Subject);
}
