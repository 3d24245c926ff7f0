using System.Buffers.Text;
using System.Security.Cryptography;
using Lectern.Accounts.Administration;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.People;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Accounts.Contracts;

/// <summary>What came of an operator's command.</summary>
/// <param name="Done">Whether it was done.</param>
/// <param name="Text">What to tell the operator.</param>
public sealed record OperatorAnswer(bool Done, string Text);

/// <summary>
/// What operators do about people with access to the machine and no account: make the first administrator, above all.
/// Each act stands in the platform's audit log.
/// </summary>
public sealed class PeopleOperations
{
    private const string Actor = "operator";

    private readonly EventStore _store;
    private readonly NewAccounts _accounts;
    private readonly PasswordHashing _passwords;

    internal PeopleOperations(EventStore store, NewAccounts accounts, PasswordHashing passwords) =>
        (_store, _accounts, _passwords) = (store, accounts, passwords);

    /// <summary>Makes an account whose address counts as confirmed.</summary>
    /// <param name="email">The address.</param>
    /// <param name="name">What to call the person, or null.</param>
    /// <param name="admin">Whether the person administers the platform.</param>
    /// <param name="password">The password; one is made up and told without it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<OperatorAnswer> CreateAsync(
        string email,
        string? name,
        bool admin,
        string? password,
        CancellationToken cancel
    )
    {
        var chosen = password ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(15));
        if (EmailAddress.Fault(email) is { } badEmail)
            return No($"The address {badEmail}.");
        if (DisplayName.Fault(name) is { } badName)
            return No($"The name {badName}.");
        if (PasswordRules.Fault(chosen) is { } badPassword)
            return No($"The password {badPassword}.");
        if (await _passwords.HashAsync(chosen, cancel) is not { } hash)
            return No("Too many passwords are being hashed.");

        var (session, member) = _accounts.Open(new NewAccount(email, name, hash, IsVerified: true), Actor);
        await using var saved = session;
        var id = AccountIds.Person(member.Person);
        AuditLog.Record(session, AuditLog.Platform, "people.created", id);
        if (admin)
            PersonChanges.Add(session, member.Person, new ChangePerson(PlatformAdmin: true));
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException taken) when (NewAccounts.IsTaken(taken))
        {
            return No("This address has an account already.");
        }

        return new OperatorAnswer(
            true,
            password is null ? $"{id}\nThe password, which is shown this once: {chosen}" : id
        );
    }

    /// <summary>Makes somebody an administrator of the platform, or takes that away, which ends all of their sessions.</summary>
    public async Task<OperatorAnswer> SetAdminAsync(string email, bool admin, CancellationToken cancel)
    {
        await using var session = _store.OpenWorkerSession(
            new SessionContext(Guid.Empty, Actor, CallerSessions.RequestCorrelation())
        );
        var found = await session.QueryAsync(
            "select id, platform_admin from accounts.people where email_normalized = $1",
            row => (Id: row.GetGuid(0), IsAdmin: row.GetBoolean(1)),
            cancel,
            EmailAddress.Normalize(email)
        );
        if (found is not [var (person, isAdmin)])
            return No("No account has this address.");
        if (isAdmin == admin)
            return new OperatorAnswer(true, $"{AccountIds.Person(person)} is {(admin ? "one" : "none")} already.");
        PersonChanges.Add(session, person, new ChangePerson(PlatformAdmin: admin));
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException last) when (last.Constraint == PersonChanges.LastPlatformAdmin)
        {
            return No("It is the last administrator of the platform; make somebody else one first.");
        }

        return new OperatorAnswer(
            true,
            $"{AccountIds.Person(person)} is {(admin ? "an administrator of the platform" : "no administrator any more")}."
        );
    }

    private static OperatorAnswer No(string text) => new(false, text);
}
