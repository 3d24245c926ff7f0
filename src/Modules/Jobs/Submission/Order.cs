using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Submission;

/// <summary>What is to be made, as far as its price follows from it.</summary>
/// <param name="Voice">The narrator's voice.</param>
/// <param name="Provider">Its engine.</param>
/// <param name="VoiceClass">Its class.</param>
/// <param name="Characters">Characters of the source text.</param>
/// <param name="Paid">Of them, those of chunks whose audio the workspace has paid; known once the text was cut.</param>
/// <param name="Unmade">Of them, those that are still to be spoken or encoded.</param>
/// <param name="Subject">What a quote for it is good for: the text, or the run that goes on.</param>
internal sealed record Order(
    string Voice,
    string? Provider,
    string? VoiceClass,
    int Characters,
    int Paid,
    int Unmade,
    IReadOnlyList<string> Subject
)
{
    /// <summary>As <see cref="CatalogueVoice.PricedAs"/>; nobody's, while the voice isn't there.</summary>
    public string PricedAs => $"{Provider}/{VoiceClass}";

    /// <summary>Characters that the hold is for.</summary>
    public int Unpaid => Characters - Paid;

    public static Order Of(CheckedRequest request) =>
        new(
            request.Voice.Voice.Id,
            request.Voice.Engine.Name,
            request.Voice.Voice.Class,
            request.Text.Length,
            Paid: 0,
            request.Text.Length,
            request.Fallback is { } fallback
                ? ["fallback", fallback.Voice.Id, "text", request.Text]
                : ["text", request.Text]
        );

    /// <summary>What is left of a job that failed or was cancelled.</summary>
    public static async Task<Order> OfRetryAsync(
        Session session,
        Guid id,
        Job job,
        VoiceDirectory voices,
        CancellationToken cancel
    )
    {
        var (paid, made) = (
            await session.QueryAsync(
                """
                select coalesce(sum(c.source_length) filter (where p.hash is not null), 0),
                       coalesce(sum(c.source_length) filter (where s.encoding is not null), 0)
                from jobs.chunks c
                join jobs.segments s on s.job_id = c.job_id and s.segment = c.segment
                left join jobs.paid_audio p on p.workspace_id = c.workspace_id and p.hash = coalesce(c.audio, c.hash)
                where c.job_id = $1
                """,
                row => ((int)row.GetInt64(0), (int)row.GetInt64(1)),
                cancel,
                id
            )
        ).Single();
        var voice = await voices.FindAsync(session.Context.Workspace, job.Voice, cancel); // null if its engine was not there since the start
        return new Order(
            job.Voice,
            voice?.Engine.Name,
            voice?.Voice.Class,
            job.Characters,
            paid,
            job.Characters - made,
            ["run", PublicId.Format(JobLinks.Prefix, id), $"{job.Run + 1}"]
        );
    }

    /// <summary>What is counted: of what isn't paid, a part will be charged; all of it is held.</summary>
    /// <param name="charged">Parts of 1.</param>
    public Quantity Quantity(Spread charged) =>
        new(
            PricedItems.Audiobook,
            PricedItems.Character,
            Paid + (long)Math.Floor(Unpaid * charged.Low),
            Paid + (long)Math.Round(Unpaid * charged.Expected),
            Characters
        )
        {
            Provider = Provider,
            VoiceClass = VoiceClass,
            Free = Paid,
        };
}
