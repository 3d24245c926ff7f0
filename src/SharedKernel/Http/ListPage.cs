namespace Lectern.SharedKernel.Http;

/// <summary>
/// One page of a list that goes from the newest to the oldest by time and id, or by a number: what the client asked for, checked, and
/// the cut of what was found.
/// </summary>
public sealed class ListPage
{
    // Later than every entry; the first page has no cursor to begin behind.
    private static readonly DateTimeOffset Top = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PageCursor _cursors;
    private readonly string _list;
    private readonly int _size;

    private ListPage(PageCursor cursors, string list, int size, DateTimeOffset before, Guid beforeId) =>
        (_cursors, _list, _size, Before, BeforeId) = (cursors, list, size, before, beforeId);

    /// <summary>Entries of this time and id or later stand on the pages before.</summary>
    public DateTimeOffset Before { get; }

    /// <summary>See <see cref="Before"/>.</summary>
    public Guid BeforeId { get; }

    /// <summary>In a list that is ordered by a number, that of the entry that stands before the page.</summary>
    public long BeforeNumber => Before == Top ? long.MaxValue : BitConverter.ToInt64(BeforeId.ToByteArray());

    /// <summary>How many rows to read: one more than the page has, which tells whether there is a next one.</summary>
    public int Rows => _size + 1;

    /// <summary>The page that the client asks for, or 422.</summary>
    /// <param name="cursors">Reads and writes cursors.</param>
    /// <param name="list">What is listed: workspace, list and filter, in one text.</param>
    /// <param name="limit">As the client said.</param>
    /// <param name="cursor">As the client said.</param>
    public static (ListPage? Page, Problem? Refusal) Of(PageCursor cursors, string list, int? limit, string? cursor)
    {
        if (Paging.CheckLimit(limit) is { } badLimit)
            return (null, badLimit);
        var (before, beforeId) = (Top, Guid.Empty);
        return cursor is not null && !cursors.TryRead(list, cursor, out before, out beforeId)
            ? (null, Paging.BadCursor())
            : (new ListPage(cursors, list, limit ?? Paging.DefaultLimit, before, beforeId), null);
    }

    /// <summary>The page of the rows that were read, in their order.</summary>
    public Page<T> Cut<T>(IReadOnlyList<ListRow<T>> rows) =>
        new(
            [.. rows.Take(_size).Select(row => row.Item)],
            rows.Count > _size ? _cursors.Write(_list, rows[_size - 1].At, rows[_size - 1].Id) : null
        );
}

/// <summary>An entry with its place in the list.</summary>
/// <param name="At">Its time.</param>
/// <param name="Id">Its id, which orders entries of one time.</param>
/// <param name="Item">What the client sees of it.</param>
public sealed record ListRow<T>(DateTimeOffset At, Guid Id, T Item)
{
    /// <summary>An entry whose place is a number, which stands in the first eight bytes of what cursors have for an id.</summary>
    public ListRow(DateTimeOffset at, long number, T item)
        : this(at, new Guid([.. BitConverter.GetBytes(number), .. new byte[8]]), item) { }
}
