using Lectern.SharedKernel.Preferences;

namespace Lectern.Activity.Mails;

/// <summary>
/// Which mails people want. Both are on: a book takes so long that people go away, and a mail is what calls them back. A
/// program that orders with an API key asks, or has a webhook, so its jobs are not mailed about.
/// </summary>
internal sealed class MailPreferences : IPreferenceDefinitions
{
    public static readonly Preference<bool> JobCompleted = new("mail.job_completed")
    {
        Description = "Whether you get a mail when a job is finished that you ordered yourself, not with an API key.",
        Default = true,
    };

    public static readonly Preference<bool> JobFailed = new("mail.job_failed")
    {
        Description = "Whether you get a mail when a job fails that you ordered yourself, not with an API key.",
        Default = true,
    };

    public IReadOnlyList<Preference> All => [JobCompleted, JobFailed];
}
