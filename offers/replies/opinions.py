"""What families say beside yes and no: wishes for another place, and ratings."""

from django.db import transaction
from django.utils import timezone

from citizens.models import Person
from offers.models import Offer, Rating, Round, Wish


def record_wish(*, offer: Offer, guardian: Person, text: str) -> Wish:
    """Keep, encrypted, where the guardian would rather have the place."""
    wish = Wish(offer=offer, guardian=guardian)
    wish.seal("text", text)
    wish.save(force_insert=True)
    return wish


@transaction.atomic
def record_rating(*, round: Round, guardian: Person, stars: int, comment: str) -> Rating:
    """The guardian's 1-5 stars and a word (encrypted); a later one replaces the earlier."""
    rating, _created = Rating.objects.get_or_create(
        round=round, guardian=guardian, defaults={"stars": stars}
    )
    rating.stars = stars
    rating.rated_at = timezone.now()
    rating.seal("comment", comment)
    rating.save(update_fields=["stars", "comment", "rated_at"])
    return rating
