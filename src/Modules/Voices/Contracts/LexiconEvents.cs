namespace Lectern.Voices.Contracts;

/// <summary>A lexicon was made. Its name and its words stand in no event.</summary>
/// <param name="Project">The project that it is for, if for one.</param>
/// <param name="Language">BCP-47 tag.</param>
/// <param name="Entries">How many it has.</param>
public sealed record LexiconCreated(Guid? Project, string Language, int Entries);

/// <summary>Entries of a lexicon changed.</summary>
/// <param name="Added">Words that it has now.</param>
/// <param name="Changed">Words that are said otherwise.</param>
/// <param name="Removed">Words that it has no more.</param>
/// <param name="Entries">How many it has now.</param>
public sealed record LexiconChanged(int Added, int Changed, int Removed, int Entries);

/// <summary>A lexicon got another name or language.</summary>
/// <param name="Language">BCP-47 tag.</param>
public sealed record LexiconDescribed(string Language);

/// <summary>A lexicon and all of its versions are gone.</summary>
/// <param name="Entries">How many it had.</param>
public sealed record LexiconDeleted(int Entries);
