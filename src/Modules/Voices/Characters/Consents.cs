using System.Security.Cryptography;
using System.Text;
using Lectern.Eventing;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters;

/// <summary>What somebody declared, with where it came from: who, when by the database's clock, of which recording.</summary>
internal static class Consents
{
    /// <summary>Stores a consent in the place of an earlier one, and asks for the clone. Returns what happened.</summary>
    public static ConsentGiven Give(Session session, Guid character, Guid person, GiveConsent consent, string sample)
    {
        session.Execute(
            """
            insert into voices.consents (character_id, workspace_id, statement, statement_sha256, sample_sha256, given_by, person_id)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (character_id) do update
            set statement = excluded.statement, statement_sha256 = excluded.statement_sha256,
                sample_sha256 = excluded.sample_sha256, given_by = excluded.given_by, person_id = excluded.person_id,
                given_at = now()
            """,
            character,
            session.Context.Workspace,
            consent.Statement,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(consent.Statement))),
            sample,
            consent.By,
            person
        );
        session.Enqueue(new CloneVoice(character), group: character);
        return new ConsentGiven(consent.By, sample);
    }
}
